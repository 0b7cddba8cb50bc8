using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Writes and reads streams whose bytes depend on their ids.</summary>
internal static class ManyStreams
{
    /// <summary>Opens a stream and writes its bytes, without ending it.</summary>
    public static async Task<ISendStream> OpenAsync(ITransportConnection connection, bool isUni, int size, CancellationToken token)
    {
        var stream = isUni ? await connection.OpenUniAsync(token) : (await connection.OpenBidiAsync(token)).Send;
        await stream.WriteAsync(PayloadOf(stream.Id, size), token);
        return stream;
    }

    /// <summary>Accepts a stream, and ends the direction of this side if there is one.</summary>
    public static async Task<IReceiveStream> AcceptAsync(ITransportConnection connection, bool isUni, CancellationToken token)
    {
        if (isUni)
            return await connection.AcceptUniAsync(token);
        var (send, receive) = await connection.AcceptBidiAsync(token);
        send.Finish();
        return receive;
    }

    /// <summary>Reads a stream to its end, and checks its bytes.</summary>
    public static async Task CheckAsync(IReceiveStream stream, int size, CancellationToken token)
    {
        var buffer = new byte[size + 1];
        var length = 0;
        while (length < buffer.Length && await stream.ReadAsync(buffer.AsMemory(length), token) is > 0 and var count)
            length += count;
        Assert.That(buffer.AsSpan(0, length).SequenceEqual(PayloadOf(stream.Id, size)), Is.True, $"Stream {stream.Id} has other bytes.");
    }

    /// <summary>Returns the bytes of a stream.</summary>
    private static byte[] PayloadOf(long stream, int size)
    {
        var bytes = new byte[size];
        new Random((int)stream).NextBytes(bytes);
        return bytes;
    }
}
