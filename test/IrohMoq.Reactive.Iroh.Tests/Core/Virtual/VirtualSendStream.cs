using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Writes to a stream of a <see cref="VirtualConnection"/> as fast as its queue takes bytes.</summary>
internal sealed class VirtualSendStream(VirtualStream owner, long id) : SendStreamState(id, owner.Connection.Settings)
{
    private const int MaxCopy = 1_500;
    private const int MaxBlock = 64 << 10;

    private ReadOnlyMemory<byte> _pending;
    private bool _isFinishing;
    private int _pieces;

    /// <summary>Gets how the stream has ended, or null.</summary>
    public StreamEnd? End { get; private set; }

    /// <summary>Gets the exception of a write, or null.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Writes bytes, and then ends the stream.</summary>
    public void WriteAll(ReadOnlyMemory<byte> bytes)
    {
        Write(bytes);
        Finish();
    }

    /// <summary>Writes bytes, after those of previous calls.</summary>
    public void Write(ReadOnlyMemory<byte> bytes)
    {
        _pending = _pending.IsEmpty ? bytes : (byte[])[.. _pending.Span, .. bytes.Span];
        owner.Connection.OnReady(owner);
    }

    /// <summary>Ends the stream after the bytes that were written.</summary>
    public void Finish()
    {
        _isFinishing = true;
        owner.Connection.OnReady(owner);
    }

    /// <summary>Resets the stream.</summary>
    public void Reset(ulong code)
    {
        if (TryReset(code))
            owner.Connection.OnReady(owner);
    }

    /// <summary>Queues as many bytes as fit, as copies and as blocks in turns.</summary>
    public void Pump()
    {
        lock (Gate)
        {
            while (!_pending.IsEmpty && (HasRoomAgain || !IsFull))
            {
                if (Failure() is { } failure)
                {
                    Error ??= failure;
                    _pending = default;
                    return;
                }

                Enqueue();
            }
        }

        if (_isFinishing && _pending.IsEmpty)
            _ = TryFinish();
    }

    protected override void OnWritable() => owner.Connection.OnReady(owner);

    protected override void OnEnded(StreamEnd end) => End = end;

    private void Enqueue()
    {
        var isCopy = _pieces++ % 2 == 0;
        var piece = _pending[..Math.Min(isCopy ? MaxCopy : MaxBlock, _pending.Length)];
        _pending = _pending[piece.Length..];
        if (isCopy)
        {
            Enqueue(piece.Span, default);
            return;
        }

        var block = owner.Connection.Settings.Pool.Rent(piece.Length);
        piece.Span.CopyTo(block.Span);
        Enqueue([], new BlockSlice(block, 0, piece.Length));
        block.Release();
    }
}
