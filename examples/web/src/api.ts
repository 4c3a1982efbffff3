// How the page speaks to the shop, which also serves it: the same origin, so there is no address to configure.

import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import createRestClient from "openapi-fetch";
import { OrderService } from "./gen/shop/v1/order_pb";
import { UserService } from "./gen/shop/v1/user_pb";
import type { paths } from "./gen/openapi";

const transport = createConnectTransport({ baseUrl: location.origin, useHttpGet: true });

/** Typed by the `.proto` files. */
export const users = createClient(UserService, transport);
/** Typed by the `.proto` files. */
export const orders = createClient(OrderService, transport);
/** Typed by the OpenAPI document, which names other media types for the same answers as well. */
export const rest = createRestClient<paths, "application/json">({ baseUrl: location.origin });
