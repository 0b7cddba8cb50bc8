using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Many streams at once, of which some are reset by their writer or stopped by their reader.</summary>
[Parallelizable(ParallelScope.All)]
public class StreamMixTests
{
    private const int Streams = 200;
    private const int Limit = 120;
    private const int MaxSize = 30_000;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private enum Ending
    {
        Finish,
        Reset,
        ResetBeforeTheFirstByte,
        FinishAndReset,
        Stop,
        StopAndReset,
        Pause,
    }

    [TestCase(0.0)]
    [TestCase(0.03)]
    public void EveryStream_EndsAsItsSidesWant(double loss)
    {
        for (var seed = 1; seed <= 15; seed++)
        {
            var link = new LinkModel
            {
                Delay = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(loss > 0 ? 10 : 0), Loss = loss, Rate = 2_000_000,
            };
            using var pair = new VirtualPair(
                seed, link, settings: settings => settings with
                {
                    MaxIncomingUniStreams = Limit,
                    MaxIncomingBidiStreams = Limit,
                    // Small enough that credit that is lost stops everything soon.
                    StreamWindow = seed % 2 == 0 ? 20_000 : settings.StreamWindow,
                    ConnectionWindow = seed % 2 == 0 ? 200_000 : settings.ConnectionWindow,
                });
            pair.Connect();
            Mixed[] streams = [.. Enumerable.Range(0, Streams).Select(number => new Mixed(pair, number, pair.Network.Random))];
            foreach (var side in new[] { pair.Dialed, pair.Accepted })
                side.Accepted = stream => streams.Single(mixed => mixed.IsAt(stream)).OnAccepted(stream);
            pair.Wait(() => Array.TrueForAll(streams, static stream => stream.IsOver), 60 * Second, "The end of all streams");
            foreach (var stream in streams)
                stream.Check();

            OpenAllAgain(pair);
            pair.CloseAndCheckMemory();
        }
    }

    /// <summary>More streams one after the other than may be open at once: each that has ended makes room for another.</summary>
    [Test]
    public void ThreeThousandStreams_WithAtMostEightAtOnce_AreAllDelivered([Values] bool isUni)
    {
        const int count = 3_000;
        using var pair = new VirtualPair(
            seed: 1, new LinkModel { Loss = 0.01 },
            settings: static settings => settings with { MaxIncomingUniStreams = 8, MaxIncomingBidiStreams = 8 });
        pair.Connect();
        var received = new List<VirtualStream>();
        pair.Accepted.Accepted = stream =>
        {
            received.Add(stream);
            if (!isUni)
                stream.Send.Finish();
        };
        for (var i = 0; i < count; i++)
        {
            var bytes = VirtualPair.Payload(i, i % 1_000);
            pair.Dialed.Open(isUni, stream => stream.Send.WriteAll(bytes));
        }

        pair.Wait(
            () => received.Count == count && received.TrueForAll(static stream => stream.Receive.IsOver), 120 * Second, "The end of all");
        for (var i = 0; i < count; i++)
        {
            var stream = received.Single(stream => stream.Id / 4 == i).Receive;
            Assert.That((stream.IsFinished, stream.Hash), Is.EqualTo((true, VirtualPair.HashOf(VirtualPair.Payload(i, i % 1_000)))));
        }

        pair.CloseAndCheckMemory();
    }

    /// <summary>Streams that have ended do not count against the limits: as many as at first can be open at once.</summary>
    private static void OpenAllAgain(VirtualPair pair)
    {
        var opened = new List<VirtualStream>();
        foreach (var side in new[] { pair.Dialed, pair.Accepted })
        {
            side.Accepted = static _ => { };
            for (var i = 0; i < 2 * Limit; i++)
            {
                side.Open(isUni: i % 2 == 0, stream =>
                {
                    stream.Send.Write(new byte[1]);
                    opened.Add(stream);
                });
            }
        }

        pair.Wait(() => opened.Count == 4 * Limit, 30 * Second, $"The opening of {4 * Limit} streams");
        Assert.That((pair.Dialed.End, pair.Accepted.End), Is.EqualTo(((TransportEnd?)null, (TransportEnd?)null)), pair.Description);
    }

    /// <summary>A stream with a way to end that chance has chosen.</summary>
    private sealed class Mixed
    {
        private const ulong ResetCode = 70_000;
        private const ulong StopCode = 80_000;
        private readonly VirtualPair _pair;
        private readonly VirtualConnection _opener;
        private readonly Ending _ending;
        private readonly byte[] _bytes;
        private readonly int _part;
        private readonly TimeSpan _delay;
        private VirtualStream? _opened;
        private VirtualStream? _accepted;

        public Mixed(VirtualPair pair, int number, Random random)
        {
            _pair = pair;
            _opener = number % 2 == 0 ? pair.Dialed : pair.Accepted;
            _ending = (Ending)random.Next(Enum.GetValues<Ending>().Length);
            _bytes = VirtualPair.Payload(random.Next(), random.Next(1, MaxSize));
            _part = random.Next(1, _bytes.Length + 1);
            _delay = random.NextDouble() * 0.5 * Second;
            _opener.Open(isUni: random.Next(2) == 0, Begin);
        }

        public bool IsOver
        {
            get
            {
                if (_opened?.Send.End is null)
                    return false;
                // The reader may know nothing of a stream whose first frame never came.
                return _accepted?.Receive.IsOver ?? _ending is Ending.Reset or Ending.ResetBeforeTheFirstByte or Ending.FinishAndReset;
            }
        }

        public bool IsAt(VirtualStream accepted) => _opened?.Id == accepted.Id;

        public void OnAccepted(VirtualStream stream)
        {
            _accepted = stream;
            if (!stream.Native.IsUni)
                stream.Send.Finish();
            switch (_ending)
            {
                case Ending.Stop or Ending.StopAndReset:
                    After(() => stream.Receive.Stop(StopCode));
                    break;
                case Ending.Pause:
                    stream.Receive.IsPaused = true;
                    After(() => stream.Receive.IsPaused = false);
                    break;
            }
        }

        public void Check()
        {
            var what = $"{_ending}, stream {_opened!.Id}, {_bytes.Length} bytes: {_opened.Send.End}, read {_accepted?.Receive.Count}, "
                + $"{_accepted?.Receive.Error?.Message ?? "no error"}. {_pair.Description}";
            if (_accepted?.Receive is { } reader)
            {
                Assert.That(reader.Hash, Is.EqualTo(VirtualPair.HashOf(_bytes.AsSpan(0, (int)reader.Count))), what);
                if (reader.IsFinished)
                    Assert.That(reader.Count, Is.EqualTo(_bytes.Length), what);
                else
                    Assert.That((reader.Error as TransportStreamException)?.Code, Is.EqualTo(ReadErrorCode(reader)), what);
            }

            Assert.That(_opened.Send.End, Is.AnyOf(PossibleEnds()), what);
        }

        private StreamEnd[] PossibleEnds()
        {
            var acknowledged = new StreamEnd(StreamEndCause.Acknowledged, 0);
            var reset = new StreamEnd(StreamEndCause.Reset, ResetCode);
            var stopped = new StreamEnd(StreamEndCause.Stopped, StopCode);
            return _ending switch
            {
                Ending.Finish or Ending.Pause => [acknowledged],
                Ending.Reset or Ending.ResetBeforeTheFirstByte => [reset],
                Ending.FinishAndReset => [acknowledged, reset],
                Ending.Stop => [acknowledged, stopped],
                _ => [acknowledged, reset, stopped],
            };
        }

        private ulong? ReadErrorCode(VirtualReceiveStream reader) =>
            (reader.Error as TransportStreamException)?.IsRemote == true ? ResetCode : StopCode;

        private void Begin(VirtualStream stream)
        {
            _opened = stream;
            switch (_ending)
            {
                case Ending.Reset:
                    stream.Send.Write(_bytes.AsMemory(0, _part));
                    After(() => stream.Send.Reset(ResetCode));
                    break;
                case Ending.ResetBeforeTheFirstByte:
                    stream.Send.Write(_bytes.AsMemory(0, _part));
                    stream.Send.Reset(ResetCode);
                    break;
                case Ending.FinishAndReset or Ending.StopAndReset:
                    stream.Send.WriteAll(_bytes);
                    After(() => stream.Send.Reset(ResetCode));
                    break;
                default:
                    stream.Send.WriteAll(_bytes);
                    break;
            }
        }

        private void After(Action action) => _pair.Network.At(_pair.Network.Elapsed + _delay, action);
    }
}
