// Presents an iroh Connection as the W3C WebTransport object that @moq/net takes.

import { setTimeout as delay } from "node:timers/promises";
import { connectionEnd, toWire, webTransportError } from "./codes.mjs";
import { GroupsInFlight, SUBSCRIBE_STREAM, SubscribeIdReader } from "./tail.mjs";

const READ_SIZE = 64 * 1024;
const WRITE_SIZE = 64 * 1024;
const STOP_PROBE_MS = 50;

const errorCode = (reason) => (Number.isInteger(reason?.streamErrorCode) ? reason.streamErrorCode : 0);

/** The writable half of a stream. */
class SendHalf {
  #transport;
  #send;
  #controller;
  #busy = false;
  #open = true;

  constructor(transport, send, onWrite) {
    this.#transport = transport;
    this.#send = send;
    this.writable = new WritableStream({
      start: (controller) => { this.#controller = controller; },
      write: (chunk) => { onWrite?.(chunk); return this.#write(chunk); },
      close: () => this.#finish(),
      abort: (reason) => this.#reset(reason),
    });
  }

  async #write(chunk) {
    const signal = this.#controller.signal;
    this.#busy = true;
    try {
      // In pieces, so that an abort gets its turn between two of them: the addon has one lock per half, which a blocked write holds.
      for (let offset = 0; offset < chunk.byteLength && !signal.aborted; ) {
        offset += await this.#send.write(Array.from(chunk.subarray(offset, offset + WRITE_SIZE)));
      }
    } catch (error) {
      throw this.#ended(error);
    } finally {
      this.#busy = false;
    }
  }

  async #finish() {
    try {
      await this.#send.finish();
    } catch (error) {
      throw this.#ended(error);
    }
    this.#open = false;
    // Held until the peer has acknowledged everything; who leaves waits for that.
    this.#send.stopped().catch(() => {}).finally(() => this.#transport.forget(this));
  }

  async #reset(reason) {
    this.#open = false;
    this.#transport.forget(this);
    await this.#send.reset(toWire(errorCode(reason))).catch(() => {});
  }

  #ended(error) {
    this.#open = false;
    this.#transport.forget(this);
    return webTransportError(error);
  }

  /** The addon tells of a STOP_SENDING only when asked to write; an empty write asks without sending anything. */
  async probe() {
    if (this.#busy || !this.#open) return;
    this.#busy = true;
    try {
      await this.#send.write([]);
    } catch (error) {
      if (this.#open) this.#controller.error(this.#ended(error));
    } finally {
      this.#busy = false;
    }
  }

  get finishing() {
    return !this.#open;
  }
}

/** The readable half of a stream. */
class RecvHalf {
  #transport;
  #recv;
  #options;
  #cancelled = false;

  /** `flow`: reports of a group stream; `holdFin`: waits before the end is shown; `gated`: stands still while the session is paused. */
  constructor(transport, recv, options = {}) {
    this.#transport = transport;
    this.#recv = recv;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers();
    this.ended = promise;
    this.settle = () => { resolve(); options.flow?.end(); transport.forget(this); };
    // One chunk ahead (the default high-water mark): @moq/net learns of an end through `reader.closed`, without reading.
    this.readable = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.#cancel(reason),
    });
  }

  async #pull(controller) {
    try {
      if (this.#options.gated) await this.#transport.gate();
      const bytes = Uint8Array.from(await this.#recv.read(READ_SIZE));
      if (bytes.length > 0) {
        this.#options.flow?.chunk(bytes);
        if (!this.#cancelled) controller.enqueue(bytes);
        return;
      }
      await this.#options.holdFin?.(() => this.#cancelled);
      this.settle();
      if (!this.#cancelled) controller.close();
    } catch (error) {
      this.settle();
      if (!this.#cancelled) controller.error(webTransportError(error));
    }
  }

  async #cancel(reason) {
    this.#cancelled = true;
    // Waits for a read that is under way, as the addon has one lock per half.
    await this.#recv.stop(toWire(errorCode(reason))).catch(() => {});
    this.settle();
  }
}

/** The datagrams of a connection; the peer may accept none. */
function datagramsOf(connection) {
  return {
    get maxDatagramSize() { return connection.maxDatagramSize() ?? 0; },
    writable: new WritableStream({ write: (bytes) => connection.sendDatagram(Array.from(bytes)) }),
    readable: new ReadableStream({
      pull: async (controller) => {
        try {
          controller.enqueue(Uint8Array.from(await connection.readDatagram()));
        } catch {
          controller.close();
        }
      },
    }, { highWaterMark: 0 }),
  };
}

export class IrohWebTransport {
  #connection;
  // The addon ends a stream whose object is collected, so every live half is referenced from here.
  #halves = new Set();
  #sentGroups = new Set();
  #sentGroupCount = 0;
  #groups = new GroupsInFlight();
  #paused = null;
  #localClose;
  #isClosed = false;
  #uniController;
  #bidiController;

  /** Milliseconds to wait after each incoming uni stream has been read out before the next is touched: a slow reader that QUIC feels. */
  paceMs = 0;

  /** `end`: what the connection's `closed()` promised. */
  constructor(connection, end) {
    this.#connection = connection;
    this.protocol = Buffer.from(connection.alpn()).toString();
    this.ready = Promise.resolve();
    this.incomingUnidirectionalStreams = new ReadableStream({ start: (c) => { this.#uniController = c; } });
    this.incomingBidirectionalStreams = new ReadableStream({ start: (c) => { this.#bidiController = c; } });
    this.datagrams = datagramsOf(connection);
    this.closed = this.#watchClosed(end);
    const probing = setInterval(() => { for (const half of this.#halves) half.probe?.(); }, STOP_PROBE_MS);
    this.closed.then(() => clearInterval(probing));
    this.#acceptUnis();
    this.#acceptBidis();
  }

  /** What the congestion controller of iroh thinks of the path. */
  async getStats() {
    const path = this.#connection.paths().find(({ isSelected }) => isSelected) ?? this.#connection.paths()[0];
    // The addon tells whole milliseconds, and a round trip on this machine takes less than one.
    const rtt = this.#connection.rtt();
    const smoothedRtt = rtt === null || rtt === undefined ? undefined : Math.max(1, Number(rtt));
    const cwnd = path?.stats?.cwnd;
    return { smoothedRtt, estimatedSendRate: cwnd && smoothedRtt ? Math.round((8000 * cwnd) / smoothedRtt) : undefined };
  }

  async createUnidirectionalStream() {
    const send = this.#keep(new SendHalf(this, await this.#connection.openUni()));
    this.#sentGroups.add(send);
    this.#sentGroupCount++;
    return send.writable;
  }

  async createBidirectionalStream() {
    const bi = await this.#connection.openBi();
    const header = new SubscribeIdReader(SUBSCRIBE_STREAM);
    const send = this.#keep(new SendHalf(this, bi.send, (chunk) => header.push(chunk)));
    const recv = this.#keep(new RecvHalf(this, bi.recv, {
      holdFin: async (cancelled) => {
        if (typeof header.id !== "bigint") return;
        await this.#groups.quiet(header.id, { stop: () => cancelled() || this.#isClosed, held: () => this.#paused !== null || this.paceMs > 0 });
      },
    }));
    return { readable: recv.readable, writable: send.writable };
  }

  close({ closeCode = 0, reason = "" } = {}) {
    // Closing what the peer has closed would make its end ours in iroh's account.
    if (this.#connection.closeReason() !== null) return;
    this.#localClose ??= { code: closeCode, reason };
    this.#connection.close(BigInt(closeCode), Array.from(Buffer.from(reason)));
  }

  /** Stops reading incoming uni streams, so that flow control fills up, until `resume`. */
  pause() {
    this.#paused ??= Promise.withResolvers();
  }

  resume() {
    this.#paused?.resolve();
    this.#paused = null;
  }

  /** Resolves at once unless paused. */
  async gate() {
    while (this.#paused && !this.#isClosed) await this.#paused.promise;
  }

  /** Waits until `groups` outgoing uni streams are acknowledged or given up, and whatever else was finished has arrived too. */
  async drained(groups, timeoutMs) {
    const end = Date.now() + timeoutMs;
    const finishing = () => [...this.#halves].some((half) => half instanceof SendHalf && half.finishing);
    while (this.#sentGroupCount - this.#sentGroups.size < groups || finishing()) {
      if (this.#isClosed || Date.now() > end) return false;
      await delay(5);
    }
    return true;
  }

  forget(half) {
    this.#halves.delete(half);
    this.#sentGroups.delete(half);
  }

  #keep(half) {
    this.#halves.add(half);
    return half;
  }

  async #acceptUnis() {
    // Counted as soon as they come, because the end of a track waits for them; read when it is their turn.
    let turn = Promise.resolve();
    try {
      for (;;) {
        const recv = await this.#connection.acceptUni();
        const flow = this.#groups.arrived();
        turn = turn.then(() => this.#deliverUni(recv, flow));
      }
    } catch (error) {
      await turn;
      this.#end(this.#uniController, error);
    }
  }

  async #deliverUni(recv, flow) {
    await this.gate();
    if (this.#isClosed) return flow.end();
    const half = this.#keep(new RecvHalf(this, recv, { flow, gated: true }));
    this.#uniController.enqueue(half.readable);
    if (this.paceMs > 0) {
      await half.ended;
      await delay(this.paceMs);
    }
  }

  async #acceptBidis() {
    try {
      for (;;) {
        const bi = await this.#connection.acceptBi();
        const send = this.#keep(new SendHalf(this, bi.send));
        const recv = this.#keep(new RecvHalf(this, bi.recv));
        this.#bidiController.enqueue({ readable: recv.readable, writable: send.writable });
      }
    } catch (error) {
      this.#end(this.#bidiController, error);
    }
  }

  #end(controller, error) {
    if (this.#localClose || connectionEnd(this.#connection.closeReason() ?? "").by === "peer") controller.close();
    else controller.error(webTransportError(error));
  }

  // Unlike the browser's, this promise never rejects: how the connection ended is the value.
  async #watchClosed(end) {
    const message = await end;
    this.#isClosed = true;
    this.resume();
    const { by, ...told } = connectionEnd(message);
    const { code, reason } = by === "local" ? (this.#localClose ?? {}) : told;
    this.#halves.clear();
    this.#sentGroups.clear();
    return { closeCode: code, reason, by, message };
  }
}
