using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// A stream between this side and the replayed peer, seen by the peer: what this side wrote on it, and how this side ended it.
/// </summary>
internal sealed class ActualStream(bool isBidi, bool isOurs, MoqVersion version, Action changed)
{
    private readonly List<byte> _bytes = [];
    private string? _typeOfPeer;

    public bool IsBidi => isBidi;

    /// <summary>Gets a value that indicates whether this side opened the stream.</summary>
    public bool IsOurs => isOurs;

    /// <summary>Gets the direction that the replayed peer writes, or null.</summary>
    public ISendStream? Send { get; private set; }

    /// <summary>Gets the direction that this side writes, or null.</summary>
    public IReceiveStream? Receive { get; private set; }

    /// <summary>Gets or sets the recorded stream that this one was recognized as.</summary>
    public ExpectedStream? Expected { get; set; }

    public StreamEnding End { get; private set; } = StreamEnding.Open;

    public uint? Stop { get; private set; }

    public string Hex => Convert.ToHexStringLower([.. _bytes]);

    /// <summary>Gets the type of the stream, or null if it is not known yet.</summary>
    public string? Type => isOurs ? StreamMessages.TypeOf(_bytes.ToArray(), isBidi) : _typeOfPeer;

    /// <summary>Returns what this side has written so far.</summary>
    public IReadOnlyList<StreamMessage> Messages() => Type is not { } type || type == "Probe"
        ? []
        : isOurs ? StreamMessages.OfOpener(_bytes.ToArray(), type, version) : StreamMessages.OfAcceptor(_bytes.ToArray(), type, version);

    /// <summary>Begins to observe the stream.</summary>
    /// <param name="send">The direction that the replayed peer writes, or null.</param>
    /// <param name="receive">The direction that this side writes, or null.</param>
    /// <param name="typeOfPeer">The type of a stream that the peer opens.</param>
    public void Observe(ISendStream? send, IReceiveStream? receive, string? typeOfPeer)
    {
        (Send, Receive, _typeOfPeer) = (send, receive, typeOfPeer);
        if (send is not null)
            _ = WatchStopAsync(send);
        if (receive is not null)
            _ = ReadAsync(receive);
    }

    private async Task WatchStopAsync(ISendStream send)
    {
        var end = await send.Closed;
        if (end.Cause == StreamEndCause.Stopped)
            Stop = StreamCodes.FromWire(end.Code);
        changed();
    }

    private async Task ReadAsync(IReceiveStream receive)
    {
        var buffer = new byte[4096];
        try
        {
            while (await receive.ReadAsync(buffer) is > 0 and var read)
            {
                _bytes.AddRange(buffer.AsSpan(0, read));
                changed();
            }

            End = StreamEnding.Finished;
        }
        catch (TransportStreamException reset) when (reset.IsRemote)
        {
            End = StreamEnding.Reset(StreamCodes.FromWire(reset.Code)!.Value);
        }
        catch (IOException)
        {
            // The replayed peer has stopped the stream, or the connection is over: the direction did not end.
        }

        changed();
    }
}
