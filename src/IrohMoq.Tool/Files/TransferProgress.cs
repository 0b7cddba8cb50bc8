using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Files;

/// <summary>Counts the bytes of one transfer. One task may count while another reads the counts.</summary>
/// <param name="total">The size of all files of the transfer together.</param>
/// <param name="runtime">The clock.</param>
internal sealed class TransferProgress(long total, Runtime runtime)
{
    private readonly long _start = runtime.GetTimestamp();
    private long _done;
    private long _transferred;
    private bool _isChecking;

    /// <summary>
    /// Gets or sets a value indicating whether the sender compares what the receiver has, so that nothing is transferred meanwhile.
    /// </summary>
    public bool IsChecking
    {
        get => Volatile.Read(ref _isChecking);
        set => Volatile.Write(ref _isChecking, value);
    }

    /// <summary>Gets the size of all files of the transfer together.</summary>
    public long Total => total;

    /// <summary>Gets the number of bytes that are at the receiver, those of earlier transfers included.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Gets the number of bytes that this transfer has transferred.</summary>
    public long Transferred => Volatile.Read(ref _transferred);

    /// <summary>Gets the time since the transfer began.</summary>
    public TimeSpan Elapsed => runtime.GetElapsedTime(_start);

    /// <summary>Gets the average rate in bytes per second.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Transferred / Elapsed.TotalSeconds : 0;

    /// <summary>Returns the event that reports the progress of a transfer with a peer.</summary>
    public FileProgress Describe(EndpointId peer) => new(peer, Done, Total, Rate) { IsChecking = IsChecking };

    /// <summary>Adds bytes that are not transferred, because the receiver has them, or removes them again.</summary>
    public void AddKnown(long bytes) => Interlocked.Add(ref _done, bytes);

    /// <summary>Adds bytes that were transferred.</summary>
    public void AddTransferred(long bytes)
    {
        Interlocked.Add(ref _done, bytes);
        Interlocked.Add(ref _transferred, bytes);
    }
}
