// One iroh endpoint on loopback: no relays, no discovery, nothing that another machine could reach.

import iroh from "@number0/iroh";

const { Endpoint, EndpointAddr, EndpointId, EndpointTicket, RelayMode, presetMinimal } = iroh;

const bytes = (text) => Array.from(Buffer.from(text));

export class LoopbackEndpoint {
  #endpoint;

  static async bind({ alpns = [], secretKey } = {}) {
    try {
      return await LoopbackEndpoint.#bind(alpns, secretKey, ["127.0.0.1:0", "[::1]:0"]);
    } catch {
      // A machine without IPv6 has no [::1].
      return await LoopbackEndpoint.#bind(alpns, secretKey, ["127.0.0.1:0"]);
    }
  }

  static async #bind(alpns, secretKey, addresses) {
    const builder = Endpoint.builder();
    presetMinimal(builder);
    builder.relayMode(RelayMode.disabled());
    // Both families, because the one that is not named would get a wildcard socket.
    for (const address of addresses) builder.bindAddr(address);
    builder.alpns(alpns.map(bytes));
    if (secretKey) builder.secretKey(Array.from(Buffer.from(secretKey, "hex")));
    const bound = new LoopbackEndpoint();
    bound.#endpoint = await builder.bind();
    return bound;
  }

  get id() {
    return this.#endpoint.id().toString();
  }

  get addrs() {
    return this.#endpoint.addr().directAddresses().filter((address) => address.startsWith("127.0.0.1:"));
  }

  get ticket() {
    return EndpointTicket.fromAddr(new EndpointAddr(this.#endpoint.id(), undefined, this.addrs)).toString();
  }

  listen(alpns) {
    this.#endpoint.setAlpns(alpns.map(bytes));
  }

  async dial({ ticket, id, addrs, alpn, timeoutMs }) {
    const addr = ticket ? EndpointTicket.fromString(ticket).endpointAddr() : new EndpointAddr(EndpointId.fromString(id), undefined, addrs);
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    });
    const connecting = this.#endpoint.connect(addr, bytes(alpn));
    // One that comes after we have given up is nobody's.
    let late = false;
    connecting.then((connection) => { if (late) connection.close(0n, []); }, () => {});
    try {
      return await Promise.race([connecting, limit]);
    } catch (error) {
      late = true;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Calls back for every connection whose handshake succeeds, and for every one that fails. With onRetry, every client must first prove
   * its address, and each Retry is told.
   */
  async accept(onConnection, onFailure, onRetry) {
    for (;;) {
      const incoming = await this.#endpoint.acceptNext();
      if (!incoming) return;
      if (onRetry && !(await incoming.remoteAddrValidated())) {
        await incoming.retry();
        onRetry();
        continue;
      }

      incoming.accept().then((accepting) => accepting.connect()).then(onConnection, onFailure);
    }
  }

  close() {
    return this.#endpoint.close();
  }
}

/** What a failed dial or handshake says: the whole text, its deepest cause in a line, and the TLS alert if one is named. */
export function failure(error) {
  // The addon appends a stack of its own frames where RUST_BACKTRACE asks for one.
  const [text] = String(error?.message ?? error).split("\n\nStack backtrace:");
  const alert = /\berror (\d+)\b/.exec(text);
  return { message: text.trimEnd().split("\n").at(-1).trim(), text, alert: alert ? Number(alert[1]) : undefined };
}
