// Reads one track to its end, verifies every byte, and tells what came.

import { firstDifference } from "./pattern.mjs";

const reasonOf = (error) => ({ message: String(error?.message ?? error), code: error?.code });

export class Subscription {
  #broadcast;
  #subscriber;
  #report;
  #perFrame;
  #wanted;
  #track;
  #total = { groups: 0, frames: 0, bytes: 0, ok: true };

  constructor(session, { name, track, frames = false, groups = Infinity, ordered = true, priority, latencyMaxMs, startGroup, endGroup }, emit) {
    this.#track = track;
    this.#perFrame = frames;
    this.#wanted = groups;
    this.#report = (event, fields) => emit({ event, session: session.number, name, track, ...fields });
    this.#broadcast = session.moq.consume(name);
    this.#subscriber = this.#broadcast.track(track).subscribe({ ordered, priority, latencyMax: latencyMaxMs, startGroup, endGroup });
  }

  async run() {
    const reading = [];
    void this.#readDatagrams();
    let end = ["track_end"];
    try {
      while (reading.length < this.#wanted) {
        const group = await this.#subscriber.recvGroup();
        if (!group) break;
        // Side by side: one open group must not hide those behind it.
        reading.push(this.#readGroup(group));
      }
    } catch (error) {
      end = ["track_error", reasonOf(error)];
    }
    await Promise.all(reading);
    this.close();
    this.#report(end[0], { ...this.#total, ...end[1] });
  }

  update(options) {
    const { ordered, priority, latencyMaxMs, startGroup, endGroup } = options;
    this.#subscriber.update({ ordered, priority, latencyMax: latencyMaxMs, startGroup, endGroup });
  }

  close() {
    this.#subscriber.close();
    this.#broadcast.close();
  }

  async #readDatagrams() {
    for (let datagram; (datagram = await this.#subscriber.recvDatagram()); ) {
      const { sequence, payload } = datagram;
      this.#report("datagram", { sequence, bytes: payload.length, ok: firstDifference(this.#track, sequence, 0, payload) < 0 });
    }
  }

  async #readGroup(group) {
    const sequence = group.sequence;
    const seen = { frames: 0, bytes: 0, ok: true };
    let event = "group";
    let failure;
    try {
      for (let frame; (frame = await group.readFrame()); seen.frames++) {
        const payload = frame.payload;
        const difference = firstDifference(this.#track, sequence, seen.frames, payload);
        if (difference >= 0) {
          seen.ok = false;
          seen.wrong ??= { frame: seen.frames, byte: difference };
        }
        seen.bytes += payload.length;
        if (this.#perFrame) {
          const timestampUs = Math.round(frame.timestamp.asMicros());
          this.#report("frame", { sequence, frame: seen.frames, bytes: payload.length, ok: difference < 0, timestampUs });
        }
      }
    } catch (error) {
      event = "group_error";
      failure = reasonOf(error);
    }
    this.#total.groups++;
    this.#total.frames += seen.frames;
    this.#total.bytes += seen.bytes;
    this.#total.ok &&= seen.ok;
    this.#report(event, { sequence, ...seen, ...failure });
  }
}
