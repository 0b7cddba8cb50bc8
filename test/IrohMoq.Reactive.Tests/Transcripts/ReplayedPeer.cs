using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// Plays the other side of a recorded session: sends its bytes as they were cut, with its ends and codes, in their order. What followed an
/// event of the recorded program that this library plays is sent only after this side has done the same.
/// </summary>
internal sealed partial class ReplayedPeer
{
    /// <summary>The time in which this side must do what the recorded program did. It is longer than each pause of a script.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ITransportConnection _connection;
    private readonly Expectation _expectation;
    private readonly Runtime _runtime;
    private readonly Signal _changed;
    private readonly Dictionary<long, ActualStream> _known = [];
    private TransportEnd? _end;

    public ReplayedPeer(ITransportConnection connection, Expectation expectation, Runtime runtime)
    {
        _connection = connection;
        _expectation = expectation;
        _runtime = runtime;
        _changed = new Signal(runtime);
        _ = WatchEndAsync();
        _ = AcceptBidiAsync();
        _ = AcceptUniAsync();
        _ = ReadDatagramsAsync();
    }

    /// <summary>Gets all streams of the connection that the library has used.</summary>
    public List<ActualStream> Streams { get; } = [];

    /// <summary>Gets the datagrams of this side, in hex.</summary>
    public List<string> Datagrams { get; } = [];

    /// <summary>Gets the number with which this side has closed the session, or null.</summary>
    public ulong? CloseCode => _end is { IsRemote: true, Cause: TransportEndCause.ClosedByApplication } end ? end.Code : null;

    /// <summary>Gets the event for which the replay waited in vain, or null.</summary>
    public string? Missing { get; private set; }

    /// <summary>Sends everything up to the end of the session.</summary>
    public async Task ReplayAsync()
    {
        foreach (var one in _expectation.Session.Events)
        {
            if (one.EndsSession)
                return;
            if (!one.IsOurs)
            {
                await _runtime.DelayAsync(Scenarios.Pace(_expectation.Session));
                if (one.Kind == RecordedEventKind.Stop && !await TryWaitAsync(one, () => HasSentAll(one)))
                    return;
                await SendAsync(one);
            }
            else if (!await TryWaitAsync(one))
                return;
        }
    }

    /// <summary>Ends the session if the recorded peer did. A connection that merely ended is a normal end.</summary>
    public void EndSession()
    {
        if (_expectation.Session.Events[^1] is { EndsSession: true, IsOurs: false } end)
            _connection.Close(end.Code, "");
    }

    /// <summary>Finds streams that the replay did not wait for.</summary>
    public void RecognizeAll()
    {
        foreach (var expected in _expectation.Streams)
            Recognize(expected);
    }

    private async Task ReadDatagramsAsync()
    {
        try
        {
            while (true)
                Datagrams.Add(Convert.ToHexStringLower((await ((IDatagramConnection)_connection).ReceiveDatagramAsync()).Span));
        }
        catch (TransportClosedException)
        {
            // The session is over.
        }
    }

    private async Task SendAsync(RecordedEvent one)
    {
        if (one.Kind == RecordedEventKind.Datagram)
        {
            ((IDatagramConnection)_connection).TrySendDatagram(one.Bytes);
            return;
        }

        var recorded = _expectation.Session.Streams.Single(stream => stream.Id == one.Stream);
        if (!Free.IsReplayed(one, recorded, _expectation.Session.Events))
            return;
        if (!_known.ContainsKey(one.Stream) && !recorded.IsOurs)
            await OpenAsync(recorded);
        if (!_known.TryGetValue(one.Stream, out var stream))
            return;
        try
        {
            await SendAsync(one, stream);
        }
        catch (IOException)
        {
            // This side has stopped the stream, or ended the session. Both are compared.
        }
    }

    private static async ValueTask SendAsync(RecordedEvent one, ActualStream stream)
    {
        switch (one.Kind)
        {
            case RecordedEventKind.Data:
                if (one.Bytes.Length > 0)
                    await stream.Send!.WriteAsync(one.Bytes);
                if (one.Fin)
                    stream.Send!.Finish();
                break;
            case RecordedEventKind.Reset:
                stream.Send!.Reset(ToWire(one.Code));
                break;
            case RecordedEventKind.Stop:
                stream.Receive!.Stop(ToWire(one.Code));
                break;
            default:
                throw new InvalidOperationException($"{one.Kind} is no event of a stream.");
        }
    }

    // The transports of these programs do not map the 0 of a stream that is merely dropped.
    private static ulong ToWire(uint code) => code == 0 ? 0 : StreamCodes.ToWire(code);

    private async ValueTask OpenAsync(RecordedStream recorded)
    {
        var stream = new ActualStream(recorded.IsBidi, isOurs: false, _expectation.Session.Version, _changed.Set)
        {
            Expected = _expectation.Find(recorded.Id),
        };
        if (recorded.IsBidi)
        {
            var bidi = await _connection.OpenBidiAsync();
            stream.Observe(bidi.Send, bidi.Receive, recorded.Type);
        }
        else
        {
            stream.Observe(await _connection.OpenUniAsync(), null, recorded.Type);
        }

        _known.Add(recorded.Id, stream);
        Streams.Add(stream);
    }

    private ValueTask<bool> TryWaitAsync(RecordedEvent one) => TryWaitAsync(one, () => HasHappened(one));

    private async ValueTask<bool> TryWaitAsync(RecordedEvent one, Func<bool> hasHappened)
    {
        using var limit = _runtime.Limit(Patience);
        try
        {
            while (!hasHappened())
            {
                if (_end is not null)
                {
                    Missing = $"{one}, before the session ended";
                    return false;
                }

                await _changed.WaitAsync(limit.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            Missing = $"{one}";
            return false;
        }
    }

    private bool HasHappened(RecordedEvent one)
    {
        if (one.Kind == RecordedEventKind.Datagram || _expectation.Find(one.Stream) is not { } expected)
            return true;
        if (expected.IsOurs && !_known.ContainsKey(expected.Id))
            Recognize(expected);
        if (!_known.TryGetValue(expected.Id, out var stream))
            return false;
        switch (one.Kind)
        {
            case RecordedEventKind.Stop:
                return expected.Stop is null || stream.Stop is not null;
            case RecordedEventKind.Reset:
                return expected.End is not { IsOver: true } || stream.End.IsOver;
            default:
                var place = _expectation.MessagesUpTo(one);
                return stream.Messages().Count >= expected.Messages.Count(message => message.Place < place)
                    && (!one.Fin || expected.End is not { IsOver: true } || stream.End.IsOver);
        }
    }

    /// <summary>
    /// Determines whether everything that this side is to send on the stream of an event has arrived. The recorded peer stops a stream of
    /// which it has read everything; what is still on its way would not be seen.
    /// </summary>
    private bool HasSentAll(RecordedEvent one) =>
        _expectation.Find(one.Stream) is not { } expected
        || !_known.TryGetValue(one.Stream, out var stream)
        || stream.Messages().Count >= expected.Messages.Count;

    /// <summary>Finds the stream that this side opened for what the recorded program opened a stream for.</summary>
    private void Recognize(ExpectedStream expected)
    {
        if (!expected.IsOurs || _known.ContainsKey(expected.Id))
            return;
        var found = Streams.Find(stream => stream is { IsOurs: true, Expected: null }
            && stream.IsBidi == expected.IsBidi
            && stream.Type == expected.Type
            && Matching.IsSame(stream.Messages(), expected.Opening));
        if (found is null)
            return;
        found.Expected = expected;
        _known.Add(expected.Id, found);
    }

    private async Task AcceptBidiAsync()
    {
        try
        {
            while (true)
            {
                var bidi = await _connection.AcceptBidiAsync();
                Add(isBidi: true).Observe(bidi.Send, bidi.Receive, null);
            }
        }
        catch (TransportClosedException)
        {
            // The session is over.
        }
    }

    private async Task AcceptUniAsync()
    {
        try
        {
            while (true)
            {
                var uni = await _connection.AcceptUniAsync();
                Add(isBidi: false).Observe(null, uni, null);
            }
        }
        catch (TransportClosedException)
        {
            // The session is over.
        }
    }

    private ActualStream Add(bool isBidi)
    {
        var stream = new ActualStream(isBidi, isOurs: true, _expectation.Session.Version, _changed.Set);
        Streams.Add(stream);
        return stream;
    }

    private async Task WatchEndAsync()
    {
        _end = await _connection.Closed;
        _changed.Set();
    }
}
