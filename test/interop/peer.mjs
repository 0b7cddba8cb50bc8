// A moq-lite peer over iroh, driven by one JSON command a line on stdin (and by the arguments, run first); tells one JSON event a line on
// stdout; logs on stderr; leaves when stdin closes. README.md lists the commands and events.

import "./polyfills.mjs";
import { Console } from "node:console";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

// @moq/net logs by console.debug, which Node prints on stdout; that is for events only.
globalThis.console = new Console(process.stderr, process.stderr);

const { LoopbackEndpoint, failure } = await import("./endpoint.mjs");
const { Publication } = await import("./publication.mjs");
const { Session } = await import("./session.mjs");
const { Subscription } = await import("./subscription.mjs");
const { fetchGroup } = await import("./fetch.mjs");
const { Path } = await import("@moq/net");

const MOQ_LITE = process.env.MOQ_ALPN ?? "moq-lite-03";
const DIAL_TIMEOUT_MS = 10_000;
const GOODBYE_MS = 1_000;

const emit = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

let endpoint;
let accepting = false;
const sessions = new Map();
const publications = new Map();
let sessionCount = 0;

/** The session a command names by its number, or the newest. */
function sessionOf({ session = sessionCount }) {
  const found = sessions.get(session);
  if (!found) throw new Error(session === 0 ? "there is no session yet" : `there is no session ${session}`);
  return found;
}

function moqSessionOf(command) {
  const session = sessionOf(command);
  if (!session.moq) throw new Error(`session ${session.number} is raw`);
  return session;
}

function subscriptionOf(command) {
  const found = moqSessionOf(command).subscriptions.get(`${command.name}\0${command.track}`);
  if (!found) throw new Error(`track ${command.track} of ${command.name} was not subscribed to`);
  return found;
}

function publicationOf({ name }) {
  const found = publications.get(name);
  if (!found) throw new Error(`nothing was published under ${name}`);
  return found;
}

async function began(connection, options, fields) {
  const session = await Session.start(++sessionCount, connection, options, emit);
  sessions.set(session.number, session);
  emit({ event: "connected", session: session.number, side: options.side, id: session.remoteId, alpn: session.alpn, ...fields });
  if (session.moq) for (const publication of publications.values()) if (publication.announced) publication.attach(session);
  session.closed.then((end) => {
    sessions.delete(session.number);
    for (const publication of publications.values()) publication.detachFrom(session);
    emit({ event: "closed", session: session.number, ...end });
  });
}

const commands = {
  async listen({ alpns = [MOQ_LITE], secretKey, raw, read, retry }) {
    if (endpoint) endpoint.listen(alpns);
    else endpoint = await LoopbackEndpoint.bind({ alpns, secretKey });
    if (!accepting) {
      accepting = true;
      const failed = (error) => emit({ event: "accept_failed", ...failure(error) });
      void endpoint.accept((connection) => began(connection, { side: "server", raw, read }).catch(failed), failed,
        retry && (() => emit({ event: "retried" })));
    }
    emit({ event: "listening", id: endpoint.id, addrs: endpoint.addrs, ticket: endpoint.ticket, alpns });
  },

  async id({ secretKey }) {
    endpoint ??= await LoopbackEndpoint.bind({ secretKey });
    emit({ event: "id", id: endpoint.id });
  },

  async dial({ ticket, id, addr, addrs = [addr], alpn = MOQ_LITE, timeoutMs = DIAL_TIMEOUT_MS, raw, read, secretKey }) {
    endpoint ??= await LoopbackEndpoint.bind({ secretKey });
    const start = performance.now();
    const ms = () => Math.round(performance.now() - start);
    let connection;
    try {
      connection = await endpoint.dial({ ticket, id, addrs, alpn, timeoutMs });
    } catch (error) {
      emit({ event: "dial_failed", ms: ms(), ...failure(error) });
      return;
    }
    await began(connection, { side: "client", raw, read }, { ms: ms() });
  },

  publish(command) {
    if (publications.get(command.name)?.announced) throw new Error(`${command.name} is published already`);
    const publication = new Publication(command, emit);
    publications.set(command.name, publication);
    announce(publication);
    emit({ event: "published", name: command.name });
  },

  async unpublish(command) {
    const publication = publicationOf(command);
    publication.announced = false;
    publication.detach();
    // @moq/net looks at what is published after the fact: an end and a new beginning within one turn would cancel out.
    await delay(50);
    emit({ event: "unpublished", name: command.name });
  },

  republish(command) {
    const publication = publicationOf(command);
    if (publication.announced) throw new Error(`${command.name} is published already`);
    announce(publication);
    emit({ event: "published", name: command.name });
  },

  group(command) {
    const track = publicationOf(command).track(command.track);
    const sequence = track.beginGroup(command.sequence);
    track.writeFrames(command.frames ?? [], { sequence, timestampsUs: command.timestampsUs });
    if (!command.open) track.endGroup(undefined, sequence);
    emit({ event: "group_written", name: command.name, track: command.track, sequence });
  },

  frames(command) {
    publicationOf(command).track(command.track).writeFrames(command.frames, command);
  },

  datagram(command) {
    const sequence = publicationOf(command).track(command.track).writeDatagram(command.bytes);
    emit({ event: "datagram_written", name: command.name, track: command.track, sequence });
  },

  end_group(command) {
    publicationOf(command).track(command.track).endGroup(command.code, command.sequence);
  },

  end_track(command) {
    publicationOf(command).track(command.track).endTrack(command.code);
  },

  watch(command) {
    const session = moqSessionOf(command);
    const { prefix = "" } = command;
    const announced = session.moq.announced(Path.from(prefix));
    void (async () => {
      const about = { session: session.number, prefix };
      try {
        for (let next; (next = await announced.next()); ) {
          emit({ event: "announced", ...about, name: Path.join(Path.from(prefix), next.path), active: next.active });
        }
        emit({ event: "announce_end", ...about });
      } catch (error) {
        emit({ event: "announce_end", ...about, message: String(error?.message ?? error), code: error?.code });
      }
    })();
  },

  /** Tells each estimate of the peer of how fast it can send. */
  watch_probe(command) {
    const { moq, number } = moqSessionOf(command);
    void (async () => {
      for (let probe = moq.probe.peek(); ; probe = await moq.probe.changed()) {
        if (probe?.estimatedRecvRate) emit({ event: "probe", session: number, rate: probe.estimatedRecvRate, rtt: probe.rtt });
      }
    })();
  },

  subscribe(command) {
    const session = moqSessionOf(command);
    if (command.delayPerGroupMs !== undefined) session.transport.paceMs = command.delayPerGroupMs;
    const subscription = new Subscription(session, command, emit);
    session.subscriptions.set(`${command.name}\0${command.track}`, subscription);
    void subscription.run();
  },

  fetch(command) {
    void fetchGroup(moqSessionOf(command), command, emit);
  },

  update: (command) => subscriptionOf(command).update(command),
  unsubscribe: (command) => subscriptionOf(command).close(),

  pause: (command) => moqSessionOf(command).transport.pause(),
  resume: (command) => moqSessionOf(command).transport.resume(),

  close: (command) => sessionOf(command).close(command),

  // Opens, and at once writes, finishes or resets, in the same turn where nothing is written: what the peer sees is one piece.
  async raw_open(command) {
    const { raw } = sessionOf(command);
    const stream = await raw.open(command);
    if (command.hex !== undefined) await raw.write({ ...command, stream });
    if (command.finish) await raw.finish({ stream });
    if (command.reset !== undefined) await raw.reset({ stream, code: command.reset, plain: command.plain });
  },

  // A write can wait for the peer for as long as it likes; the next commands don't.
  raw_write(command) {
    void sessionOf(command).raw.write(command);
  },

  raw_finish: (command) => sessionOf(command).raw.finish(command),
  raw_reset: (command) => sessionOf(command).raw.reset(command),
  raw_stop: (command) => sessionOf(command).raw.stop(command),
  raw_read: (command) => sessionOf(command).raw.read(command),
};

function announce(publication) {
  publication.announced = true;
  for (const session of sessions.values()) if (session.moq) publication.attach(session);
}

async function run(line) {
  let command;
  try {
    command = JSON.parse(line);
    if (!Object.hasOwn(commands, command.cmd)) throw new Error(`unknown command ${command.cmd}`);
    await commands[command.cmd](command);
  } catch (error) {
    emit({ event: "error", cmd: command?.cmd ?? line, message: String(error?.message ?? error) });
  }
}

process.on("unhandledRejection", (error) => console.error("unhandled rejection:", error));

// Commands run one after the other, in the order they came.
for (const argument of process.argv.slice(2)) await run(argument);
for await (const line of createInterface({ input: process.stdin })) if (line.trim()) await run(line);

for (const session of sessions.values()) session.close();
await Promise.race([endpoint?.close(), delay(GOODBYE_MS)]);
process.exit(0);
