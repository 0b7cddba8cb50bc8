// Fetches one group, verifies every byte, and tells what came.

import { firstDifference } from "./pattern.mjs";

export async function fetchGroup(session, { name, track, group: sequence, priority }, emit) {
  const report = (event, fields) => emit({ event, session: session.number, name, track, sequence, ...fields });
  const broadcast = session.moq.consume(name);
  const seen = { frames: 0, bytes: 0, ok: true };
  try {
    const group = await broadcast.track(track).fetchGroup(sequence, { priority });
    for (let frame; (frame = await group.readFrame()); seen.frames++) {
      if (firstDifference(track, sequence, seen.frames, frame.payload) >= 0) seen.ok = false;
      seen.bytes += frame.payload.length;
      report("fetched_frame", { frame: seen.frames, at: frame.timestamp.asMillis?.() });
    }
    report("fetched", seen);
  } catch (error) {
    report("fetch_failed", { ...seen, message: String(error?.message ?? error), code: error?.code });
  }
  broadcast.close();
}
