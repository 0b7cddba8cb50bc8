using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>Carries out steps on a connection, reads everything that the session sends, and records how each stream ends.</summary>
internal sealed class HostilePeer(ITransportConnection connection, Runtime runtime)
{
    private const int MaxOpened = 60;
    private static readonly TimeSpan Unit = TimeSpan.FromMilliseconds(3);

    private readonly byte[] _discarded = new byte[4096];
    private readonly List<OpenedStream> _opened = [];
    private readonly List<AskedStream> _asked = [];
    private readonly List<Task> _tasks = [];

    /// <summary>Gets the streams that the peer has opened.</summary>
    public IReadOnlyList<OpenedStream> Opened => _opened;

    /// <summary>Gets a value indicating whether a step has touched anything but a stream that the peer has opened.</summary>
    public bool HasAnswered { get; private set; }

    public void Begin()
    {
        _tasks.Add(AcceptUniAsync());
        _tasks.Add(AcceptBidiAsync());
    }

    public async Task PlayAsync(IEnumerable<SessionStep> steps)
    {
        foreach (var step in steps)
        {
            try
            {
                await PlayAsync(step);
            }
            catch (TransportStreamException)
            {
                // The session has stopped the stream, or an earlier step has ended it.
            }
            catch (TransportClosedException)
            {
                return;
            }
        }
    }

    /// <summary>Opens a stream, and returns it. Its answer is recorded.</summary>
    public async Task<OpenedStream> OpenBidiAsync(byte[] bytes)
    {
        var stream = await connection.OpenBidiAsync();
        var opened = new OpenedStream(stream.Send, stream.Receive);
        _tasks.Add(ReadAsync(stream.Receive, first => opened.FirstByte = first, code => opened.ResetWith = code));
        await WriteAsync(opened, bytes);
        return opened;
    }

    /// <summary>Waits until the reads have ended with the connection.</summary>
    public async Task EndAsync()
    {
        for (var i = 0; i < _tasks.Count; i++)
            await _tasks[i];
        foreach (var stream in _opened)
            stream.End = await stream.Send.Closed;
    }

    private static async Task WriteAsync(OpenedStream stream, byte[] bytes)
    {
        stream.Sent.AddRange(bytes);
        if (bytes.Length > 0)
            await stream.Send.WriteAsync(bytes);
    }

    private async Task PlayAsync(SessionStep step)
    {
        HasAnswered |= step.Kind is StepKind.Answer or StepKind.FinishAnswer or StepKind.Refuse or StepKind.Datagram;
        var code = step.Bytes is [var first, ..] ? StreamCodes.ToWire(first) : 0;
        switch (step.Kind)
        {
            case StepKind.OpenUni when _opened.Count < MaxOpened:
                var uni = new OpenedStream(await connection.OpenUniAsync(), null);
                _opened.Add(uni);
                await WriteAsync(uni, step.Bytes);
                break;
            case StepKind.OpenBidi when _opened.Count < MaxOpened:
                _opened.Add(await OpenBidiAsync(step.Bytes));
                break;
            case StepKind.Write when OpenedBy(step) is { IsOver: false } stream:
                await WriteAsync(stream, step.Bytes);
                break;
            case StepKind.Finish when OpenedBy(step) is { IsOver: false } stream:
                stream.IsFinished = true;
                stream.Send.Finish();
                break;
            case StepKind.Reset when OpenedBy(step) is { } stream:
                stream.IsReset = true;
                stream.Send.Reset(code);
                break;
            case StepKind.Stop when OpenedBy(step) is { } stream:
                stream.IsReset = true;
                stream.Receive?.Stop(code);
                break;
            case StepKind.Answer when await AskedAsync(step.Stream) is { } stream:
                await stream.Stream.Send.WriteAsync(step.Bytes);
                break;
            case StepKind.FinishAnswer when await AskedAsync(step.Stream) is { } stream:
                stream.Stream.Send.Finish();
                break;
            case StepKind.Refuse when await AskedAsync(step.Stream) is { } stream:
                stream.Stream.Send.Reset(code);
                stream.Stream.Receive.Stop(code);
                break;
            case StepKind.Datagram when connection is IDatagramConnection datagrams && step.Bytes.Length <= datagrams.MaxDatagramSize:
                datagrams.TrySendDatagram(step.Bytes);
                break;
            case StepKind.Wait:
                await runtime.DelayAsync((step.Stream & 0xf) * Unit);
                break;
        }
    }

    /// <summary>
    /// Returns a stream that the session has opened, and gives it a moment to open one. The upper half of the number is the type of the
    /// stream, or 0 for any type.
    /// </summary>
    private async Task<AskedStream?> AskedAsync(byte number)
    {
        if ((number & 0xf) >= OfType(number >> 4).Count)
            await runtime.DelayAsync(5 * Unit);
        var streams = OfType(number >> 4);
        return streams.Count == 0 ? null : streams[(number & 0xf) % streams.Count];
    }

    private List<AskedStream> OfType(int type) => type == 0 ? _asked : [.. _asked.Where(stream => stream.Type == type)];

    private OpenedStream? OpenedBy(SessionStep step) => _opened.Count == 0 ? null : _opened[step.Stream % _opened.Count];

    private async Task AcceptUniAsync()
    {
        try
        {
            while (true)
                _tasks.Add(ReadAsync(await connection.AcceptUniAsync()));
        }
        catch (TransportClosedException)
        {
            // The connection is over.
        }
    }

    private async Task AcceptBidiAsync()
    {
        try
        {
            while (true)
            {
                var stream = new AskedStream(await connection.AcceptBidiAsync());
                _asked.Add(stream);
                _tasks.Add(ReadAsync(stream.Stream.Receive, first => stream.Type = first));
            }
        }
        catch (TransportClosedException)
        {
            // The connection is over.
        }
    }

    private async Task ReadAsync(IReceiveStream stream, Action<byte>? onFirst = null, Action<ulong>? onReset = null)
    {
        try
        {
            while (await stream.ReadAsync(_discarded) > 0)
            {
                onFirst?.Invoke(_discarded[0]);
                onFirst = null;
            }
        }
        catch (TransportStreamException end)
        {
            onReset?.Invoke(end.Code);
        }
        catch (TransportClosedException)
        {
            // The connection is over.
        }
    }

    private sealed class AskedStream(BidiStream stream)
    {
        public BidiStream Stream => stream;

        public byte? Type { get; set; }
    }
}

/// <summary>Represents a stream that a hostile peer has opened.</summary>
internal sealed class OpenedStream(ISendStream send, IReceiveStream? receive)
{
    public ISendStream Send => send;

    /// <summary>Gets the other direction, or null for a unidirectional stream.</summary>
    public IReceiveStream? Receive => receive;

    public List<byte> Sent { get; } = [];

    public bool IsFinished { get; set; }

    /// <summary>Gets or sets a value indicating whether the peer has reset or stopped the stream, so that nothing is known of it.</summary>
    public bool IsReset { get; set; }

    public bool IsOver => IsFinished || IsReset;

    /// <summary>Gets or sets the number on the wire with which the session has reset its answer, or null.</summary>
    public ulong? ResetWith { get; set; }

    /// <summary>Gets or sets the first byte of the answer, or null.</summary>
    public byte? FirstByte { get; set; }

    /// <summary>Gets or sets how the direction that the peer writes has ended.</summary>
    public StreamEnd? End { get; set; }
}
