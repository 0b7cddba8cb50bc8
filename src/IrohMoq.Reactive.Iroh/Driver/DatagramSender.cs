using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Decides what happens to datagrams that the kernel does not take at once: several datagrams of one system call are sent one by one if the
/// network interface cannot segment them, and are kept while the send buffer of the socket is full. No call blocks.
/// </summary>
/// <param name="send">The system call.</param>
/// <param name="hasGso">True if one system call can send several datagrams of one size; otherwise, false.</param>
internal sealed unsafe class DatagramSender(DatagramSender.SystemCall send, bool hasGso) : IDisposable
{
    private byte* _kept = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);
    private NetworkPath _keptPath;
    private int _keptLength;
    private int _keptSegment;

    /// <summary>Sends datagrams in one system call.</summary>
    /// <param name="path">The path of the datagrams.</param>
    /// <param name="datagrams">The datagrams, one after the other.</param>
    /// <param name="segment">The size of each datagram, or 0 for a single datagram.</param>
    /// <returns>0, or the error number of the system.</returns>
    public delegate int SystemCall(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment);

    /// <summary>Gets a value that indicates whether one system call can send several datagrams of one size (GSO).</summary>
    public bool HasGso { get; private set; } = hasGso;

    /// <summary>Gets a value that indicates whether datagrams are kept because the send buffer of the kernel is full.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>
    /// Sends datagrams of one size (the last may be shorter) on one path. If the send buffer of the kernel is full, the datagrams are kept
    /// until <see cref="SendKept"/> is called, and further datagrams are dropped meanwhile. A datagram that cannot be sent otherwise is
    /// dropped without an error, as on any network.
    /// </summary>
    /// <returns>False if the datagrams are too large for the network interface.</returns>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        if (IsBlocked)
            return true;
        var isOneCall = datagrams.Length <= segment || HasGso;
        var isRefused = false;
        while (datagrams.Length > 0)
        {
            var next = isOneCall ? datagrams : datagrams[..Math.Min(segment, datagrams.Length)];
            switch (send(path, next, next.Length > segment ? segment : 0))
            {
                case 0:
                    // The network interface refuses segmentation although the kernel supports it: it has taken the same datagrams singly.
                    if (isRefused)
                        HasGso = false;
                    break;
                case Libc.ErrorInterrupted:
                    continue;
                case Libc.ErrorAgain:
                    Keep(path, datagrams, segment);
                    return true;
                case Libc.ErrorMessageSize:
                    return false;
                case Libc.ErrorIo or Libc.ErrorInvalid when next.Length > segment:
                    isOneCall = false;
                    isRefused = true;
                    continue;
                default:
                    // For example, the address is unreachable, or the network interface has no buffers left, which cannot be waited for.
                    // QUIC treats both as packet loss.
                    break;
            }

            datagrams = datagrams[next.Length..];
        }

        return true;
    }

    /// <summary>Sends the datagrams that were kept, because the send buffer of the kernel has room again.</summary>
    public void SendKept()
    {
        if (!IsBlocked)
            return;
        IsBlocked = false;
        // Datagrams that have become too large meanwhile are lost, and the next ones report it.
        _ = Send(_keptPath, new ReadOnlySpan<byte>(_kept, _keptLength), _keptSegment);
    }

    public void Dispose()
    {
        NativeMemory.Free(_kept);
        _kept = null;
    }

    private void Keep(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        IsBlocked = true;
        datagrams.CopyTo(new Span<byte>(_kept, PacketBatch.BufferSize));
        _keptLength = datagrams.Length;
        _keptSegment = segment;
        _keptPath = path;
    }
}
