using System.Security.Cryptography;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Reads a stream of a <see cref="VirtualConnection"/> as fast as bytes arrive. Every other stream has a read pending, to whose memory
/// the core copies; the others read from the queue.
/// </summary>
internal sealed class VirtualReceiveStream(VirtualStream owner, long id)
    : ReceiveStreamState(id, owner.Connection.Settings, owner.Connection.Account)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[16 << 10];
    private readonly bool _waitsInRead = (id / 4) % 2 == 1;
    private bool _isPaused;

    /// <summary>Gets the number of bytes that were read.</summary>
    public long Count { get; private set; }

    /// <summary>Gets a value that indicates whether the stream was read to its end.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Gets the exception of a read, or null.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Gets a value that indicates whether nothing more can be read.</summary>
    public bool IsOver => IsFinished || Error is not null;

    /// <summary>Gets the SHA-256 hash of the bytes that were read.</summary>
    public string Hash => Convert.ToHexString(_hash.GetCurrentHash());

    /// <summary>Gets or sets a value that indicates whether the stream is not read.</summary>
    public bool IsPaused
    {
        get => _isPaused;
        set
        {
            _isPaused = value;
            owner.Connection.OnReady(owner);
        }
    }

    /// <summary>Requests the peer to stop sending.</summary>
    public void Stop(ulong code)
    {
        if (!TryStop(code, out var dropped))
            return;
        owner.Connection.Credit(dropped);
        owner.Connection.Core.Streams.Update(this);
        owner.Connection.OnReady(owner);
    }

    /// <summary>Withholds the credit of the stream, or grants it again.</summary>
    public void Withhold(bool isWithheld)
    {
        if (TryWithhold(isWithheld))
            owner.Connection.Core.Streams.Update(this);
        owner.Connection.OnReady(owner);
    }

    /// <summary>Reads what there is.</summary>
    public void Pump()
    {
        while (!IsOver && !_isPaused)
        {
            bool isRead, isStreamCreditDue;
            int count, credit;
            lock (Gate)
            {
                isRead = TryTake(out count, out credit, out isStreamCreditDue);
                if (!isRead && !IsReading && _waitsInRead && Error is null)
                    BeginRead(_buffer);
            }

            if (!isRead)
                return;
            OnRead(count);
            owner.Connection.Credit(credit);
            if (isStreamCreditDue)
                owner.Connection.Core.Streams.Update(this);
        }
    }

    protected override void OnReadable() => owner.Connection.OnReady(owner);

    private bool TryTake(out int count, out int credit, out bool isStreamCreditDue)
    {
        count = credit = 0;
        isStreamCreditDue = false;
        try
        {
            if (IsReading)
                return TryEndRead(out count, out credit, out isStreamCreditDue);
            if (Failure() is { } failure)
                throw failure;
            var isRead = TryRead(_buffer, out count, out isStreamCreditDue);
            credit = count;
            return isRead;
        }
        catch (Exception failure)
        {
            EndRead();
            Error = failure;
            return false;
        }
    }

    private void OnRead(int count)
    {
        if (count == 0)
        {
            IsFinished = true;
            return;
        }

        owner.Connection.OnRead();
        _hash.AppendData(_buffer, 0, count);
        Count += count;
    }
}
