using System.Buffers;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Reads the type of a stream and then its messages. The reader reads ahead into pooled memory, which <see cref="Dispose"/> returns.
/// Only one read may be active at a time.
/// </summary>
internal sealed class MessageReader(IReceiveStream stream, MoqVersion version) : IDisposable
{
    private const int InitialSize = 512;

    private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _start;
    private int _end;

    /// <summary>Continues to read a stream of which bytes were read before.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="version">The protocol version of the session.</param>
    /// <param name="before">The bytes that were read and not consumed.</param>
    public MessageReader(IReceiveStream stream, MoqVersion version, ReadOnlySpan<byte> before)
        : this(stream, version)
    {
        if (before.Length > _bytes!.Length)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = ArrayPool<byte>.Shared.Rent(before.Length);
        }

        before.CopyTo(_bytes);
        _end = before.Length;
    }

    private delegate bool TryRead<T>(ReadOnlySpan<byte> buffer, MoqVersion version, out T decoded, out int consumed);

    private ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Reads the type of the stream.</summary>
    /// <returns>Null if the stream ended before its first byte.</returns>
    public ValueTask<ulong?> ReadTypeAsync(CancellationToken cancellationToken = default) =>
        ReadAsync<ulong>(
            "stream type",
            static (ReadOnlySpan<byte> buffer, MoqVersion _, out ulong type, out int consumed) =>
                Varint.TryRead(buffer, out type, out consumed),
            cancellationToken);

    /// <summary>Reads the next message of the stream.</summary>
    /// <returns>Null if the stream ended before the message.</returns>
    /// <exception cref="MoqProtocolException">The message is malformed, too large, or the stream ended inside it.</exception>
    public ValueTask<T?> ReadAsync<T>(CancellationToken cancellationToken = default)
        where T : struct, IMessage<T> =>
        ReadAsync<T>(T.Name, MessageCodec.TryRead, cancellationToken, T.ClosesSession(version));

    /// <summary>Reads a publisher's answer to a SUBSCRIBE.</summary>
    /// <returns>Null if the stream ended before the answer.</returns>
    /// <exception cref="MoqProtocolException">The answer is malformed, too large, or the stream ended inside it.</exception>
    public ValueTask<SubscribeResponse?> ReadSubscribeResponseAsync(CancellationToken cancellationToken = default) =>
        ReadAsync<SubscribeResponse>(SubscribeResponse.Name, SubscribeResponse.TryRead, cancellationToken);

    /// <summary>Reads a message of a publisher that follows its ANNOUNCE_OK.</summary>
    /// <returns>Null if the stream ended before the message.</returns>
    /// <exception cref="MoqProtocolException">The message is malformed, too large, or the stream ended inside it.</exception>
    public ValueTask<AnnounceResponse?> ReadAnnounceResponseAsync(CancellationToken cancellationToken = default) =>
        ReadAsync<AnnounceResponse>(AnnounceResponse.Name, AnnounceResponse.TryRead, cancellationToken, closesSession: true);

    /// <summary>Waits without a time limit until the first bytes of the next message are available.</summary>
    /// <returns>False if the stream ended before the next message.</returns>
    public async ValueTask<bool> WaitForMessageAsync()
    {
        if (_end > _start)
            return true;
        MakeRoom();
        var read = await stream.ReadAsync(_bytes.AsMemory(_end)).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    public void Dispose()
    {
        if (_bytes is not { } bytes)
            return;
        _bytes = null;
        ArrayPool<byte>.Shared.Return(bytes);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T?> ReadAsync<T>(
        string name, TryRead<T> tryRead, CancellationToken cancellationToken, bool closesSession = false)
        where T : struct
    {
        while (true)
        {
            if (tryRead(Unread, version, out var decoded, out var consumed))
            {
                _start += consumed;
                return decoded;
            }

            MakeRoom();
            var read = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += read;
            if (read > 0)
                continue;
            return _end == _start ? null : throw MessageFraming.Truncated(name, _end - _start, closesSession);
        }
    }

    // The length of a message is checked as soon as it is available, so the memory never exceeds one message of the maximum size.
    private void MakeRoom()
    {
        var bytes = _bytes ?? throw new ObjectDisposedException(nameof(MessageReader));
        var unread = _end - _start;
        var target = unread == bytes.Length ? ArrayPool<byte>.Shared.Rent(bytes.Length * 2) : bytes;
        bytes.AsSpan(_start, unread).CopyTo(target);
        if (target != bytes)
        {
            _bytes = target;
            ArrayPool<byte>.Shared.Return(bytes);
        }

        _start = 0;
        _end = unread;
    }
}
