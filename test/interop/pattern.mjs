// The bytes that both ends know without having been told, so that either can verify every one of them. Pattern.cs is the same in C#.
//
//   byte i of frame f of group g of track t = (i*31 + (i>>8)*17 + (i>>16)*29 + f*7 + g*13 + t) & 0xff
//
// where t is the sum of the bytes of the track's name in UTF-8. The shifts keep exchanged 256-byte and 64 KiB pieces from looking right.

const encoder = new TextEncoder();

const trackSeed = (track) => encoder.encode(track).reduce((sum, byte) => sum + byte, 0);

const frameSeed = (track, group, frame) => frame * 7 + group * 13 + trackSeed(track);

const byteAt = (seed, i) => (i * 31 + (i >> 8) * 17 + (i >> 16) * 29 + seed) & 0xff;

/** The payload of one frame. */
export function fill(track, group, frame, size) {
  const seed = frameSeed(track, group, frame);
  const payload = new Uint8Array(size);
  for (let i = 0; i < size; i++) payload[i] = byteAt(seed, i);
  return payload;
}

/** The index of the first byte that is not the pattern's, or -1. */
export function firstDifference(track, group, frame, payload) {
  const seed = frameSeed(track, group, frame);
  for (let i = 0; i < payload.length; i++) if (payload[i] !== byteAt(seed, i)) return i;
  return -1;
}
