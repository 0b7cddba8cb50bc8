using System.Runtime.InteropServices;

namespace IrohMoq.Tool.Streams;

/// <summary>
/// Represents an inherited file descriptor as a stream whose calls block. A descriptor that another process has set to not block is waited
/// for. Disposing the stream does not close the descriptor.
/// </summary>
internal sealed class DescriptorStream(int descriptor) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = Posix.Read(descriptor, start, (nuint)buffer.Length);
                if (count >= 0)
                    return (int)count;
                WaitOrThrow(Posix.PollIn);
            }
        }
    }

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var count = Posix.Write(descriptor, start + done, (nuint)(buffer.Length - done));
                if (count >= 0)
                    done += (int)count;
                else
                    WaitOrThrow(Posix.PollOut);
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void WaitOrThrow(short events)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error == Posix.TryAgain)
            Posix.Wait(descriptor, events);
        else if (error != Posix.Interrupted)
            throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }
}
