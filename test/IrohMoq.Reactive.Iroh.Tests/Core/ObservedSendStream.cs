using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The sending part of a stream, without a core: counts what its writer would be told.</summary>
internal sealed unsafe class ObservedSendStream(long id, CoreSettings settings) : SendStreamState(id, settings)
{
    public StreamEnd? End { get; private set; }

    public int Ends { get; private set; }

    public int Wakes { get; private set; }

    public bool HasToWait
    {
        get
        {
            lock (Gate)
                return IsFull;
        }
    }

    public bool CanContinue
    {
        get
        {
            lock (Gate)
                return HasRoomAgain;
        }
    }

    public Exception? WriteFailure
    {
        get
        {
            lock (Gate)
                return Failure();
        }
    }

    public void Write(int length)
    {
        lock (Gate)
            Enqueue(new byte[length], default);
    }

    /// <summary>Acknowledges bytes, and passes them on as a flush does.</summary>
    public void Acknowledge(long count)
    {
        OnAcknowledged(count);
        TakeAcknowledged();
    }

    /// <summary>The number of bytes that the core would send next, and whether the end would be sent with them.</summary>
    public (int Length, bool IsFin) Peek()
    {
        var vectors = stackalloc NgVec[4];
        var count = Peek(vectors, 4, out var flags);
        var length = 0;
        for (var i = 0; i < count; i++)
            length += (int)vectors[i].Length;
        return (count < 0 ? -1 : length, flags == Ngtcp2.WriteFin);
    }

    protected override void OnWritable() => Wakes++;

    protected override void OnEnded(StreamEnd end)
    {
        End = end;
        Ends++;
    }
}
