// Envelopes: a byte of flags, four of length, and content. Connect's streams and gRPC-Web are made of them.

/** A message in JSON in its envelope. */
export function envelope(message) {
  const content = new TextEncoder().encode(JSON.stringify(message));
  const out = new Uint8Array(5 + content.length);
  new DataView(out.buffer).setUint32(1, content.length);
  out.set(content, 5);
  return out;
}

/** The flags and the text of each envelope, as they come. */
export async function* envelopes(response) {
  const reader = response.body.getReader();
  let left = new Uint8Array();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const joined = new Uint8Array(left.length + value.length);
      joined.set(left);
      joined.set(value, left.length);
      left = joined;
      while (left.length >= 5) {
        const length = new DataView(left.buffer, left.byteOffset).getUint32(1);
        if (left.length < 5 + length) break;
        yield { flags: left[0], text: new TextDecoder().decode(left.subarray(5, 5 + length)) };
        left = left.slice(5 + length);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
