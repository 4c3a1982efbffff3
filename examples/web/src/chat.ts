// The chat. Pages cannot send a stream with `fetch`, so this method is called over WebSocket: a frame is a message, in
// the JSON of the `.proto`.

import { create, fromJson, toJsonString } from "@bufbuild/protobuf";
import { byId, control, element, onSubmit, say } from "./dom";
import { ChatMessageSchema } from "./gen/shop/v1/chat_pb";
import { CUSTOMERS } from "./seed";

/** How many messages the page shows. */
const KEPT = 200;

const join = byId("join", HTMLFormElement);
const form = byId("say", HTMLFormElement);
const state = byId("chat-state", HTMLElement);
const list = byId("messages", HTMLOListElement);

/** Who is in which room, while there is a connection. */
interface Member {
  socket: WebSocket;
  room: string;
  userId: string;
}

let member: Member | undefined;

/** Joins and speaks as the user that `user` tells. */
export function startChat(user: () => string): void {
  onSubmit(join, () => enter(control(join, "room").value, user()));
  onSubmit(form, () => {
    const input = control(form, "message");
    if (member?.socket.readyState !== WebSocket.OPEN) {
      say(state, "Join a room first.");
      return;
    }
    tell(member, input.value);
    input.value = "";
  });
}

function enter(room: string, userId: string): void {
  member?.socket.close();
  list.replaceChildren();
  const url = new URL("/v1/chat", location.origin.replace(/^http/, "ws"));
  const socket = new WebSocket(url, ["rsvc.json"]);
  const own = (member = { socket, room, userId });
  let failed = "";
  say(state, "Joining …");
  socket.onopen = () => {
    // An empty message only joins.
    tell(own, "");
    if (member === own) say(state, `In “${room}”.`);
  };
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    if (member !== own) return;
    const frame: unknown = JSON.parse(data);
    const error = errorOf(frame);
    if (error !== undefined) failed = error;
    else show(data);
  };
  socket.onclose = ({ reason }) => {
    if (member !== own) return;
    member = undefined;
    say(state, failed || reason || "Not in a room.");
  };
}

/** The text of an error, which is the last frame before the end. */
function errorOf(frame: unknown): string | undefined {
  if (typeof frame !== "object" || frame === null || !("error" in frame)) return undefined;
  const { error } = frame;
  const isStatus = typeof error === "object" && error !== null && "message" in error;
  return isStatus ? String(error.message) : "The chat has ended.";
}

function tell({ socket, room, userId }: Member, message: string): void {
  socket.send(toJsonString(ChatMessageSchema, create(ChatMessageSchema, { sessionId: room, userId, message })));
}

function show(text: string): void {
  const said = fromJson(ChatMessageSchema, JSON.parse(text), { ignoreUnknownFields: true });
  if (said.message === "") return;
  const name = CUSTOMERS.find(({ id }) => id === said.userId)?.name ?? said.userId;
  list.append(element("li", said.fromHistory ? "before" : "", element("b", "", name), " ", said.message));
  while (list.children.length > KEPT) list.firstElementChild?.remove();
  list.lastElementChild?.scrollIntoView({ block: "nearest" });
}
