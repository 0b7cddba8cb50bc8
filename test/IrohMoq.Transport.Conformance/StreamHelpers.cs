using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

/// <summary>What tests do with streams all the time.</summary>
internal static class StreamHelpers
{
    /// <summary>Returns bytes that differ by position, so that a lost, doubled or moved byte is detected.</summary>
    public static byte[] Pattern(int length, int seed = 0)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static async ValueTask<byte[]> ReadToEndAsync(this IReceiveStream stream, int atOnce = 32 << 10)
    {
        var all = new MemoryStream();
        var buffer = new byte[atOnce];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    public static async ValueTask<byte[]> ReadExactlyAsync(this IReceiveStream stream, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var step = await stream.ReadAsync(bytes.AsMemory(read));
            Assert.That(step, Is.GreaterThan(0), "The stream ended early.");
            read += step;
        }

        return bytes;
    }

    public static async ValueTask SendAllAsync(this ISendStream stream, ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes);
        stream.Finish();
    }

    /// <summary>Returns the exception of a call, which must be of this type.</summary>
    public static async ValueTask<T> FailureOfAsync<T>(Func<ValueTask> call)
        where T : Exception
    {
        try
        {
            await call();
        }
        catch (T failure)
        {
            return failure;
        }

        throw new AssertionException($"A {typeof(T).Name} was expected, and the call ended well.");
    }
}
