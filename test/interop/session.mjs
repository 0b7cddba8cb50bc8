// One connection, with @moq/net on it or, in raw mode, nothing.

import { Connection } from "@moq/net";
import { RawStreams } from "./raw.mjs";
import { connectionEnd } from "./codes.mjs";
import { IrohWebTransport } from "./webtransport.mjs";

// @moq/net wants a URL for its log; nothing is looked up.
const NOWHERE = new URL("https://iroh.invalid/");

export class Session {
  number;
  remoteId;
  alpn;
  /** @moq/net's connection; undefined in raw mode. */
  moq;
  transport;
  subscriptions = new Map();
  raw;
  closed;
  #connection;
  // One promise for everybody, so that all tell the same end.
  #end;
  #localClose;

  static async start(number, connection, { side, raw = false, read = true }, emit) {
    const session = new Session(number, connection, emit);
    if (raw) {
      session.raw.acceptAll({ read });
      return session;
    }
    session.transport = new IrohWebTransport(connection, session.#end);
    session.moq = side === "client"
      ? await Connection.connect(NOWHERE, { transport: session.transport })
      : await Connection.accept(session.transport, NOWHERE);
    // On 03 and 04 @moq/net's own loop waits for a SETUP that never comes and does not end by itself.
    session.transport.closed.then(() => session.moq.close());
    return session;
  }

  constructor(number, connection, emit) {
    this.number = number;
    this.#connection = connection;
    this.#end = connection.closed();
    this.remoteId = connection.remoteId().toString();
    this.alpn = Buffer.from(connection.alpn()).toString();
    this.raw = new RawStreams(connection, (event) => emit({ ...event, session: number }));
    this.closed = this.#watch();
  }

  close({ code = 0, reason = "" } = {}) {
    this.#localClose ??= { code, reason };
    if (this.transport) this.transport.close({ closeCode: code, reason });
    else this.#connection.close(BigInt(code), Array.from(Buffer.from(reason)));
  }

  async #watch() {
    const message = await this.#end;
    const end = connectionEnd(message);
    if (end.by !== "local") return { ...end, message };
    // @moq/net closes by itself, through the transport, when the peer breaks the protocol.
    const local = this.#localClose ?? (await this.transport?.closed.then(({ closeCode, reason }) => ({ code: closeCode, reason })));
    return { ...end, ...local, message };
  }
}
