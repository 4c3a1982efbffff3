// Bytes as JSON has them.

/** Bytes in base64. */
export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes of base64, also of its form for addresses. What is no base64 is an error. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** How many, for people. */
export const size = (count) => `${count.toLocaleString("en")} byte${count === 1 ? "" : "s"}`;
