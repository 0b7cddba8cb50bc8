using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Represents a stream of a <see cref="VirtualConnection"/>: its directions as a test uses them.</summary>
internal sealed class VirtualStream
{
    public VirtualStream(VirtualConnection connection, long id, bool isOurs)
    {
        Connection = connection;
        var isUni = QuicStream.IsUniId(id);
        Writer = isUni && !isOurs ? null : new VirtualSendStream(this, id);
        Reader = isUni && isOurs ? null : new VirtualReceiveStream(this, id);
        Native = new QuicStream(id, isOurs, Writer, Reader);
    }

    public VirtualConnection Connection { get; }

    public long Id => Native.Id;

    public QuicStream Native { get; }

    /// <summary>Gets the direction that this side writes. A test must not use it for a stream that only the peer writes.</summary>
    public VirtualSendStream Send => Writer!;

    /// <summary>Gets the direction that the peer writes. A test must not use it for a stream that only this side writes.</summary>
    public VirtualReceiveStream Receive => Reader!;

    /// <summary>Gets or sets a value that indicates whether the stream will be pumped. Only the connection may use it.</summary>
    public bool IsReady { get; set; }

    private VirtualSendStream? Writer { get; }

    private VirtualReceiveStream? Reader { get; }

    /// <summary>Lets both directions write and read what they can, and passes the result to the core.</summary>
    public void Pump()
    {
        Reader?.Pump();
        if (Writer is null)
            return;
        Writer.Pump();
        Connection.Core.Streams.Update(Writer);
    }
}
