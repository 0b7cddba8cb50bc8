// A broadcast that this peer publishes on every session: tracks written by a script, or by commands, with the pattern as payload.

import { setTimeout as delay } from "node:timers/promises";
import { Broadcast, Group, Time } from "@moq/net";
import { fill } from "./pattern.mjs";

const MAX_FRAMES = 1024;
const MAX_GROUP_BYTES = 32 * 1024 * 1024;
// Nothing may be evicted while a slow reader is on its way: @moq/net keeps groups 5 s by default.
const LATENCY_MAX_MS = 600_000;

// @moq/net resets streams with the code of the error it gave up for, 0 unless the error names one.
const coded = (message, code) => Object.assign(new Error(message), { streamErrorCode: code });

/** One track: the record of what was written, replayed to every subscription from its first group on. */
class TrackSource {
  name;
  #spec;
  #records = [];
  #servings = new Set();
  #next;
  #started = false;
  #end;

  constructor(name, spec) {
    this.name = name;
    this.#spec = Array.isArray(spec) ? { groups: spec } : spec;
    this.#next = this.#spec.firstSequence ?? 0;
    for (const group of this.#spec.groups ?? []) this.#check(Array.isArray(group) ? group : group.frames);
  }

  get ended() {
    return this.#end !== undefined;
  }

  /** The units of the timestamps in a second, from moq-lite-05 on. */
  get timescale() {
    return Time.Timescale(this.#spec.timescale ?? 1000);
  }

  get groupCount() {
    return this.#records.length;
  }

  serve(producer) {
    const serving = { producer, groups: new Map() };
    this.#servings.add(serving);
    for (const record of this.#records) this.#replay(serving, record);
    if (this.#end) producer.close(this.#end.error);
    else if (!this.#started) {
      this.#started = true;
      void this.#runScript();
    }
    producer.unused().then(() => this.#servings.delete(serving));
  }

  beginGroup(sequence = this.#next) {
    if (this.#end) throw new Error(`track ${this.name} has ended`);
    this.#next = Math.max(this.#next, sequence + 1);
    const record = { sequence, payloads: [], timestamps: [], end: undefined };
    this.#records.push(record);
    for (const serving of this.#servings) this.#replay(serving, record);
    return record.sequence;
  }

  writeFrames(sizes, { sequence, timestampsUs = [] } = {}) {
    const record = this.#current(sequence);
    this.#check([...record.payloads.map((payload) => payload.length), ...sizes]);
    for (const [index, size] of sizes.entries()) {
      const payload = fill(this.name, record.sequence, record.payloads.length, size);
      const timestamp = timestampsUs[index] === undefined ? Time.Timestamp.now() : Time.Timestamp.fromMicros(timestampsUs[index]);
      record.payloads.push(payload);
      record.timestamps.push(timestamp);
      for (const { groups } of this.#servings) groups.get(record)?.writeFrame({ payload, timestamp });
    }
  }

  /** Datagrams are not replayed: they are for those who are there. */
  writeDatagram(size) {
    const sequence = this.#next++;
    const payload = fill(this.name, sequence, 0, size);
    for (const { producer } of this.#servings) producer.writeDatagram({ sequence, timestamp: Time.Timestamp.now(), payload });
    return sequence;
  }

  endGroup(code, sequence) {
    const record = this.#current(sequence);
    record.end = { error: code === undefined ? undefined : coded(`group ${record.sequence} was given up`, code) };
    for (const { groups } of this.#servings) groups.get(record)?.close(record.end.error);
  }

  endTrack(code) {
    for (const record of this.#records) if (!record.end) this.endGroup(code, record.sequence);
    this.#end = { error: code === undefined ? undefined : coded(`track ${this.name} was given up`, code) };
    for (const { producer } of this.#servings) producer.close(this.#end.error);
  }

  async #runScript() {
    const { groups = [], intervalMs = 0, frameIntervalMs = 0, end = true } = this.#spec;
    for (const [index, group] of groups.entries()) {
      if (index > 0 && intervalMs > 0) await delay(intervalMs);
      if (this.#end) return;
      const { frames, reset, delayMs = 0 } = Array.isArray(group) ? { frames: group } : group;
      this.beginGroup();
      for (const [frame, size] of frames.entries()) {
        if (frame > 0 && frameIntervalMs > 0) await delay(frameIntervalMs);
        if (this.#end) return;
        this.writeFrames([size]);
      }
      // A reset overtakes what has not been sent, so a group that is to be seen first needs a moment.
      if (delayMs > 0) await delay(delayMs);
      if (this.#end) return;
      this.endGroup(reset);
    }
    if (end) this.endTrack();
  }

  #replay(serving, record) {
    const group = new Group.Producer(record.sequence);
    serving.producer.writeGroup(group);
    for (const [index, payload] of record.payloads.entries()) group.writeFrame({ payload, timestamp: record.timestamps[index] });
    if (record.end) group.close(record.end.error);
    else serving.groups.set(record, group);
  }

  /** The open group with a number, or the newest group. */
  #current(sequence) {
    const record = sequence === undefined ? this.#records.at(-1) : this.#records.find((other) => other.sequence === sequence);
    if (!record || record.end) throw new Error(`track ${this.name} has no open group`);
    return record;
  }

  // Beyond these @moq/net evicts the front of a group that is not read at once, and the reader gets an error.
  #check(sizes) {
    if (sizes.length > MAX_FRAMES) throw new Error(`a group of ${sizes.length} frames: @moq/net keeps at most ${MAX_FRAMES}`);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total > MAX_GROUP_BYTES) throw new Error(`a group of ${total} bytes: @moq/net keeps at most ${MAX_GROUP_BYTES}`);
  }
}

export class Publication {
  name;
  #emit;
  #tracks;
  #leave;
  // Closing a session closes what was published on it, so each session has a producer of its own over the shared tracks.
  #producers = new Map();

  constructor({ name, tracks = {}, leave }, emit) {
    this.name = name;
    this.#emit = emit;
    this.#leave = leave === true ? {} : leave;
    this.#tracks = new Map(Object.entries(tracks).map(([track, spec]) => [track, new TrackSource(track, spec)]));
  }

  track(name) {
    const track = this.#tracks.get(name);
    if (!track) throw new Error(`broadcast ${this.name} has no track ${name}`);
    return track;
  }

  /** Announces the broadcast on a session. */
  attach(session) {
    const broadcast = new Broadcast.Producer();
    this.#producers.set(session, broadcast);
    session.moq.publish(this.name, broadcast);
    void this.#answer(session, broadcast);
  }

  /** Takes the announcement back everywhere; subscriptions that run go on. */
  detach() {
    for (const broadcast of this.#producers.values()) broadcast.close();
    this.#producers.clear();
  }

  detachFrom(session) {
    this.#producers.get(session)?.close();
    this.#producers.delete(session);
  }

  async #answer(session, broadcast) {
    const served = new Set();
    // Tracks are answered on request rather than inserted: an inserted track that has ended is never served again.
    for (let request; (request = await broadcast.requested()); ) {
      const { priority, ordered, latencyMax, startGroup, endGroup } = request.subscription;
      const about = { session: session.number, name: this.name, track: request.name };
      const track = this.#tracks.get(request.name);
      if (!track) {
        this.#emit({ event: "refused", ...about });
        request.reject(new Error("no such track"));
        continue;
      }
      this.#emit({ event: "subscribed", ...about, priority, ordered, latencyMax, startGroup, endGroup });
      const producer = request.accept({ latencyMax: LATENCY_MAX_MS, timescale: track.timescale });
      producer.subscription.subscribe((now) => {
        if (now) this.#emit({ event: "updated", ...about, priority: now.priority, ordered: now.ordered, latencyMax: now.latencyMax });
      });
      producer.unused().then(() => {
        this.#emit({ event: track.ended ? "served" : "unsubscribed", ...about });
        served.add(track);
        if (this.#leave && track.ended && served.size === this.#tracks.size) void this.#depart(session);
      });
      track.serve(producer);
    }
  }

  async #depart(session) {
    const groups = [...this.#tracks.values()].reduce((sum, track) => sum + track.groupCount, 0);
    const all = await session.transport.drained(groups, 30_000);
    if (this.#leave.afterMs > 0) await delay(this.#leave.afterMs);
    this.#emit({ event: "leaving", session: session.number, all });
    session.close(this.#leave);
  }
}
