using System.IO.Pipelines;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Streams;

/// <summary>
/// Writes to a file or descriptor on a thread of its own, so that a write or open that blocks never blocks the command. Data is passed on
/// at once: what is added while a write runs is written together by the next one. The thread ends with the process.
/// </summary>
/// <param name="name">The name of the target in messages.</param>
/// <param name="open">The function that opens the target. It may block.</param>
/// <param name="isBroken">The function that determines whether a write would fail, or null if only a write can tell.</param>
#pragma warning disable CA1001 // The source has neither a timer nor a link, and its token is used until the process ends.
internal sealed class BackgroundWriter(string name, Func<Stream> open, Func<bool>? isBroken = null)
#pragma warning restore CA1001
{
    /// <summary>The interval at which the other end is checked while nothing is written.</summary>
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(200);

    private readonly BlockingPipe _pipe = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly Completion<bool> _ended = new(ThreadPoolRuntime.Instance);
    private readonly Completion<bool> _opened = new(ThreadPoolRuntime.Instance);
    private bool _isStarted;
    private bool _isComplete;
    private long _added;
    private long _written;

    /// <summary>Gets the token that is canceled when the target cannot be opened or written.</summary>
    public CancellationToken Broken => _broken.Token;

    /// <summary>Gets the reason why the target cannot be written, or null while it can.</summary>
    public IOException? Failure { get; private set; }

    /// <summary>Gets the number of bytes that have been added.</summary>
    public long Added => Interlocked.Read(ref _added);

    /// <summary>Gets the number of bytes that wait to be written.</summary>
    public long Pending => Added - Interlocked.Read(ref _written);

    /// <summary>Starts the thread, which opens the target. A second call has no effect.</summary>
    public BackgroundWriter Start()
    {
        lock (_gate)
        {
            if (_isStarted)
                return this;
            _isStarted = true;
        }

        new Thread(Run) { IsBackground = true, Name = $"write {name}" }.Start();
        return this;
    }

    /// <summary>Waits until the target is open, or cannot be opened.</summary>
    public Task WaitForOpenAsync(CancellationToken cancellationToken) => _opened.Task.WaitAsync(cancellationToken);

    /// <summary>Adds data; the result completes when there is room for more.</summary>
    public ValueTask<FlushResult> Append(ReadOnlySpan<byte> data, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isComplete)
                return default;
            data.CopyTo(_pipe.Writer.GetSpan(data.Length));
            _pipe.Writer.Advance(data.Length);
            Interlocked.Add(ref _added, data.Length);
            return _pipe.Writer.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Adds data and blocks the caller while too much data waits to be written.</summary>
    public void AppendAndWait(ReadOnlySpan<byte> data) => BlockingPipe.Wait(Append(data, CancellationToken.None));

    /// <summary>Writes what has been added, closes the target, and waits for this.</summary>
    /// <exception cref="IOException">The target cannot be written.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Start();
        lock (_gate)
        {
            _isComplete = true;
            _pipe.Writer.Complete();
        }

        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Failure is { } failure)
            throw failure;
    }

    private void Run()
    {
        try
        {
            using (var target = open())
            {
                _opened.TrySet(true);
                while (_pipe.Read(BetweenChecks, ThrowIfBroken) is { Buffer.IsEmpty: false } read)
                {
                    foreach (var segment in read.Buffer)
                        target.Write(segment.Span);
                    Interlocked.Add(ref _written, read.Buffer.Length);
                    _pipe.Reader.AdvanceTo(read.Buffer.End);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            Failure = new IOException($"{name} cannot be written: {ExceptionText.Reason(failure)}", failure);
            _pipe.Reader.Complete();
            _broken.Cancel();
        }

        _opened.TrySet(true);
        _ended.TrySet(true);
    }

    private void ThrowIfBroken()
    {
        if (isBroken?.Invoke() == true)
            throw new IOException("the other end is closed", Posix.BrokenPipe);
    }
}
