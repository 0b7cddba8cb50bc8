// Keeps the tail of a track from being cut. A subscriber of @moq/net drops groups that are still in flight when it sees the FIN of its
// SUBSCRIBE stream, so the adapter shows that FIN only after the group streams of that subscription have been read out and none has
// moved for a moment.

import { setTimeout as delay } from "node:timers/promises";

// Looks rather than milliseconds: a process that stood still for a while has not seen a quiet while. 60 ms do against a publisher that
// waits for acknowledgements; one made of @moq/net sends its FIN before its first group and may be busy in between.
const LOOK_EVERY_MS = 10;
const QUIET_LOOKS = 25;
// A group that never ends must not hide the end of its track for ever.
const STALLED_LOOKS = 1000;

/** Stream types whose first message begins with the subscribe id. */
export const SUBSCRIBE_STREAM = 0x02;
export const GROUP_STREAM = 0x00;

/** Collects the first bytes of a stream until they tell which subscription it belongs to. */
export class SubscribeIdReader {
  #type;
  #bytes = [];
  /** The id as a bigint; null for a stream of another type; undefined while more bytes are needed. */
  id;

  constructor(type) {
    this.#type = type;
  }

  push(chunk) {
    if (this.id !== undefined) return this.id;
    // Type, length and id are at most 24 bytes.
    this.#bytes.push(...chunk.subarray(0, 24));
    const [type, afterType] = this.#varint(0);
    if (type === undefined) return undefined;
    if (type !== BigInt(this.#type)) return (this.id = null);
    const [, afterLength] = this.#varint(afterType);
    [this.id] = this.#varint(afterLength);
    return this.id;
  }

  #varint(offset) {
    if (offset === undefined || offset >= this.#bytes.length) return [];
    const size = 1 << (this.#bytes[offset] >> 6);
    if (offset + size > this.#bytes.length) return [];
    let value = BigInt(this.#bytes[offset] & 0x3f);
    for (let i = 1; i < size; i++) value = (value << 8n) | BigInt(this.#bytes[offset + i]);
    return [value, offset + size];
  }
}

/** Which group streams are on their way, by subscription. */
export class GroupsInFlight {
  #open = new Map();
  #moves = new Map();
  #unidentified = 0;
  #arrivals = 0;

  /** A uni stream has come. Returns what its reader reports to. */
  arrived() {
    this.#unidentified++;
    this.#arrivals++;
    const header = new SubscribeIdReader(GROUP_STREAM);
    let ended = false;
    return {
      chunk: (bytes) => {
        const unknown = header.id === undefined;
        const id = header.push(bytes);
        if (id === undefined) return;
        if (unknown) {
          this.#unidentified--;
          this.#open.set(id, (this.#open.get(id) ?? 0) + 1);
        }
        this.#moved(id);
      },
      end: () => {
        if (ended) return;
        ended = true;
        if (header.id === undefined) {
          this.#unidentified--;
          return;
        }
        this.#open.set(header.id, this.#open.get(header.id) - 1);
        this.#moved(header.id);
      },
    };
  }

  /** Waits until nothing of this subscription is on its way any more. `stop()` true ends the wait, `held()` true keeps a stall from doing so. */
  async quiet(id, { stop, held }) {
    let before;
    for (let looks = 0; !stop(); looks++) {
      const now = this.#arrivals + (this.#moves.get(id) ?? 0);
      if (now !== before) looks = 0;
      before = now;
      const open = this.#unidentified + (this.#open.get(id) ?? 0);
      if (open === 0 && looks >= QUIET_LOOKS) return;
      if (looks >= STALLED_LOOKS && !held()) return;
      await delay(LOOK_EVERY_MS);
    }
  }

  #moved(id) {
    this.#moves.set(id, (this.#moves.get(id) ?? 0) + 1);
  }
}
