// Streams driven byte by byte, below @moq/net: what a hostile or half-dead peer does.

import { setTimeout as delay } from "node:timers/promises";
import { streamEnd, toWire } from "./codes.mjs";

const MAX_HEX_BYTES = 4096;
const READ_SIZE = 64 * 1024;
const WRITE_SIZE = 64 * 1024;
const STOP_PROBE_MS = 25;

const wireCode = ({ code = 0, plain = false }) => (plain ? BigInt(code) : toWire(code));

export class RawStreams {
  #connection;
  #emit;
  #streams = new Map();
  #count = 0;

  constructor(connection, emit) {
    this.#connection = connection;
    this.#emit = emit;
  }

  /** Reports every stream that the peer opens; with `read` false nothing of it is read until told. */
  acceptAll({ read }) {
    const accept = async (kind) => {
      for (;;) {
        const stream = kind === "uni" ? { recv: await this.#connection.acceptUni() } : await this.#connection.acceptBi();
        const number = this.#add({ kind, send: stream.send, recv: stream.recv });
        this.#emit({ event: "raw_accepted", stream: number, kind });
        if (read) void this.#read(number);
      }
    };
    // Ends with the connection, which is an event of its own.
    for (const kind of ["uni", "bi"]) accept(kind).catch(() => {});
  }

  /** Opens a stream; the peer sees it once something is written. The receive half of a bidi stream is read unless `read` is false. */
  async open({ kind, read = true }) {
    const stream = kind === "uni" ? { send: await this.#connection.openUni() } : await this.#connection.openBi();
    const number = this.#add({ kind, send: stream.send, recv: stream.recv });
    if (stream.recv && read) void this.#read(number);
    this.#emit({ event: "raw_opened", stream: number, kind });
    return number;
  }

  /** Writes `hex`, `repeat` times over. */
  async write({ stream: number, hex, repeat = 1 }) {
    const stream = this.#send(number);
    const once = Buffer.from(hex, "hex");
    const data = Buffer.alloc(once.length * repeat, once);
    stream.writing = true;
    let written = 0;
    try {
      while (written < data.length) written += await stream.send.write(Array.from(data.subarray(written, written + WRITE_SIZE)));
      this.#emit({ event: "raw_written", stream: number, bytes: written });
    } catch (error) {
      this.#failed(stream, error, { bytes: written });
    } finally {
      stream.writing = false;
    }
  }

  async finish({ stream: number }) {
    const stream = this.#send(number);
    stream.sending = false;
    await stream.send.finish();
    // Says whether the peer took it all, or stopped it after all.
    stream.send.stopped().then(
      (code) => (code === null ? this.#emit({ event: "raw_acked", stream: number }) : this.#failed(stream, new Error(`Stopped(${code})`))),
      () => {},
    );
  }

  async reset(options) {
    const stream = this.#send(options.stream);
    stream.sending = false;
    await stream.send.reset(wireCode(options));
  }

  async stop(options) {
    await this.#recv(options.stream).recv.stop(wireCode(options));
  }

  read({ stream }) {
    this.#recv(stream);
    void this.#read(stream);
  }

  #add(stream) {
    const number = ++this.#count;
    // Kept for good: the addon ends a stream whose object is collected.
    this.#streams.set(number, { number, ended: false, writing: false, sending: stream.send !== undefined, ...stream });
    if (stream.send) void this.#watchStop(this.#streams.get(number));
    return number;
  }

  #send(number) {
    const stream = this.#streams.get(number);
    if (!stream?.send) throw new Error(`stream ${number} has no send half`);
    return stream;
  }

  #recv(number) {
    const stream = this.#streams.get(number);
    if (!stream?.recv) throw new Error(`stream ${number} has no receive half`);
    return stream;
  }

  async #read(number) {
    const { recv } = this.#recv(number);
    // All that has come so far, in every report, because where one piece ends and the next begins is nobody's promise.
    let total = 0;
    let all = Buffer.alloc(0);
    try {
      for (;;) {
        const bytes = await recv.read(READ_SIZE);
        if (bytes.length === 0) break;
        total += bytes.length;
        all = total <= MAX_HEX_BYTES ? Buffer.concat([all, Buffer.from(bytes)]) : undefined;
        this.#emit({ event: "raw_data", stream: number, bytes: total, hex: all?.toString("hex") });
      }
      this.#emit({ event: "raw_fin", stream: number, bytes: total });
    } catch (error) {
      const end = streamEnd(error);
      if (end) this.#emit({ event: "raw_reset", stream: number, code: end.code, wire: end.wire });
    }
  }

  // The addon tells of a STOP_SENDING only when asked to write; `stopped()` would block writes.
  async #watchStop(stream) {
    while (stream.sending && this.#connection.closeReason() === null) {
      await delay(STOP_PROBE_MS, undefined, { ref: false });
      if (stream.writing || !stream.sending) continue;
      await stream.send.write([]).catch((error) => this.#failed(stream, error));
    }
  }

  // A stop is told once, whoever of the writer and the watcher learns of it first.
  #failed(stream, error, fields) {
    stream.sending = false;
    const end = streamEnd(error);
    if (!end || stream.ended) return;
    stream.ended = true;
    this.#emit({ event: "raw_stopped", stream: stream.number, code: end.code, wire: end.wire, ...fields });
  }
}
