// An echo server on quiche. The first line on standard input is a JSON object with the certificate and its key in PEM, and the protocols.
// It prints its port, and one JSON line for each event. It ends when its standard input ends.
//
// It sends the bytes of each bidirectional stream back, and those of a unidirectional stream on a stream of its own. The first byte of a
// stream that it does not echo says what it does instead: 0xf0 resets its own direction with code 77, 0xf1 stops the peer's direction with
// code 78, 0xf2 closes the connection with code 79.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createInterface } from "node:readline";
import { QUICServer, events } from "@matrixai/quic";

const tell = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { certificate, key, protocols } = JSON.parse((await input.next()).value);
const sign = (secret, data) => createHmac("sha256", Buffer.from(secret)).update(Buffer.from(data)).digest();
const server = new QUICServer({
  crypto: {
    key: new Uint8Array(randomBytes(32)).buffer,
    ops: {
      sign: async (secret, data) => new Uint8Array(sign(secret, data)).buffer,
      verify: async (secret, data, mac) => timingSafeEqual(sign(secret, data), Buffer.from(mac)),
    },
  },
  config: { key, cert: certificate, verifyPeer: false, applicationProtos: protocols, maxIdleTimeout: 30_000 },
  reasonToCode: (_, reason) => reason?.code ?? 0,
  codeToReason: (_, code) => Object.assign(new Error(`code ${code}`), { code }),
});

async function echo(connection, stream) {
  const reader = stream.readable.getReader();
  const first = await reader.read();
  switch (first.value?.[0]) {
    case 0xf0:
      await stream.writable.abort(Object.assign(new Error("reset"), { code: 77 }));
      return;
    case 0xf1:
      await reader.cancel(Object.assign(new Error("stop"), { code: 78 }));
      return;
    case 0xf2:
      await connection.stop({ isApp: true, errorCode: 79, reason: Buffer.from("as asked"), force: true });
      return;
  }

  const writer = (stream.type === "bidi" ? stream : connection.newStream("uni")).writable.getWriter();
  for (let next = first; !next.done; next = await reader.read()) await writer.write(next.value);
  await writer.close();
}

server.addEventListener(events.EventQUICServerConnection.name, ({ detail: connection }) => {
  tell("connected");
  connection.addEventListener(events.EventQUICConnectionStream.name, ({ detail: stream }) => {
    echo(connection, stream).catch((error) => tell("stream_failed", { code: error.code, message: error.message }));
  });
  connection.addEventListener(events.EventQUICConnectionClose.name, ({ detail: error }) => {
    tell("closed", { code: error?.data?.errorCode, message: error?.message });
  });
});
await server.start({ host: "127.0.0.1", port: 0 });
tell("listening", { port: server.port });
await input.next();
process.exit(0);
