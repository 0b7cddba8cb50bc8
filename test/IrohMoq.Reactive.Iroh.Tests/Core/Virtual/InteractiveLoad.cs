namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Writes small messages at random times to a hundred streams of the dialer of a <see cref="VirtualPair"/>, optionally beside a stream that
/// always has more to send than the network takes, and measures how long each message takes.
/// </summary>
internal sealed class InteractiveLoad
{
    /// <summary>The number of bytes of a message.</summary>
    public const int MessageSize = 1_000;

    private const int Streams = 100;
    private const int Messages = 25;
    // Congestion control learns the capacity of the path first.
    private const int WarmUp = 5;
    private const int BulkSize = 100 << 20;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly VirtualPair _pair;
    private readonly Action<VirtualSendStream> _prepare;
    private readonly List<VirtualStream> _open = [];
    private readonly Dictionary<long, VirtualReceiveStream> _readers = [];
    private readonly List<Pending> _pending = [];
    private readonly List<TimeSpan> _latencies = [];
    private VirtualStream? _bulk;
    private VirtualReceiveStream? _bulkReader;

    private InteractiveLoad(VirtualPair pair, Action<VirtualSendStream> prepare) => (_pair, _prepare) = (pair, prepare);

    /// <summary>Gets the latency that 99 % of the messages do not exceed.</summary>
    public TimeSpan Percentile99 { get; private set; }

    /// <summary>
    /// Gets the maximum number of bytes of the bulk stream that were sent between the write of a message and the sending of the message.
    /// Messages are left out if a packet was lost meanwhile or the previous message of the stream had not arrived: a packet that is lost is
    /// sent again later.
    /// </summary>
    public long MaxBulkAhead { get; private set; }

    /// <summary>Gets the number of bytes per second of the bulk stream that arrived.</summary>
    public double BulkRate { get; private set; }

    /// <summary>Runs the load on a new pair.</summary>
    /// <param name="pair">The pair, whose link must not reorder packets.</param>
    /// <param name="isUni">True for unidirectional streams, false for bidirectional ones.</param>
    /// <param name="prepare">The action that is called with each interactive stream after it has been opened.</param>
    /// <param name="hasBulk">True to send bulk data as well.</param>
    public static InteractiveLoad Run(VirtualPair pair, bool isUni, Action<VirtualSendStream> prepare, bool hasBulk)
    {
        var load = new InteractiveLoad(pair, prepare);
        load.Open(isUni, hasBulk);
        load.Transfer();
        return load;
    }

    private void Open(bool isUni, bool hasBulk)
    {
        _pair.Connect();
        _pair.Accepted.Accepted = stream => _readers.Add(stream.Id, stream.Receive);
        if (hasBulk)
        {
            _pair.Dialed.Open(isUni: true, stream =>
            {
                _bulk = stream;
                stream.Send.Write(new byte[BulkSize]);
            });
            _pair.Network.Run(TimeSpan.FromSeconds(1));
            _bulkReader = _readers[_bulk!.Id];
        }

        for (var i = 0; i < Streams; i++)
        {
            _pair.Dialed.Open(isUni, stream =>
            {
                _prepare(stream.Send);
                stream.Send.Write(new byte[1]);
                _open.Add(stream);
            });
        }

        _pair.Wait(() => _open.Count == Streams && _open.TrueForAll(stream => _readers.ContainsKey(stream.Id)), Limit, "The opening");
    }

    private void Transfer()
    {
        var begin = _pair.Network.Elapsed;
        var before = _bulkReader?.Count ?? 0;
        foreach (var stream in _open)
        {
            for (var i = 0; i < Messages; i++)
            {
                var number = i;
                _pair.Network.At(begin + ((i + (_pair.Network.Random.NextDouble() / 2)) * Interval), () => Write(stream, number));
            }
        }

        _pair.Wait(() => CountArrived() == Streams * (Messages - WarmUp), Limit, "The arrival of all messages");
        BulkRate = ((_bulkReader?.Count ?? 0) - before) / (_pair.Network.Elapsed - begin).TotalSeconds;
        _latencies.Sort();
        Percentile99 = _latencies[_latencies.Count * 99 / 100];
    }

    private void Write(VirtualStream stream, int number)
    {
        var lost = _pending.Exists(message => message.Stream == stream.Id) ? -1 : _pair.Client.Link.Lost;
        _pending.Add(new Pending(stream.Id, number, _pair.Network.Elapsed, _bulk?.Send.Offset ?? 0, lost));
        stream.Send.Write(new byte[MessageSize]);
    }

    private int CountArrived()
    {
        _pending.RemoveAll(TakeIfArrived);
        return _latencies.Count;
    }

    private bool TakeIfArrived(Pending message)
    {
        if (_readers[message.Stream].Count < 1 + ((message.Number + 1) * MessageSize))
            return false;
        if (message.Number >= WarmUp)
        {
            _latencies.Add(_pair.Network.Elapsed - message.WrittenAt);
            if (message.Lost == _pair.Client.Link.Lost)
                MaxBulkAhead = Math.Max(MaxBulkAhead, (_bulkReader?.Count ?? 0) - message.BulkSent);
        }

        return true;
    }

    /// <summary>Represents a message that has not arrived.</summary>
    /// <param name="Stream">The id of the stream.</param>
    /// <param name="Number">The number of the message in its stream.</param>
    /// <param name="WrittenAt">The time at which it was written.</param>
    /// <param name="BulkSent">The number of bytes of the bulk stream that had been sent by then.</param>
    /// <param name="Lost">The number of packets that had been lost by then; -1 to leave the message out.</param>
    private readonly record struct Pending(long Stream, int Number, TimeSpan WrittenAt, long BulkSent, int Lost);
}
