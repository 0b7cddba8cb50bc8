using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Reads the content track, and writes the requested files into the target folder.</summary>
internal sealed class ContentReader(
    ReceivePlan plan, TargetFolder target, bool isForced, TransferProgress progress, IOutput output) : IDisposable
{
    /// <summary>The maximum number of files that are listed for people.</summary>
    private const int MaxListedFiles = 100;

    private readonly FinishedFiles _finished = new(target, isForced, output);
    private int _next;
    private int _failed;
    private PlannedFile? _current;
    // Null while the sender reports the hash of a file that exists here.
    private PartFile? _part;

    /// <summary>Gets the number of files that were received.</summary>
    public int Received => _finished.Count;

    /// <summary>Gets the number of files that were here before, with the same contents.</summary>
    public int AlreadyHere { get; private set; }

    /// <summary>Gets the number of files that failed.</summary>
    public int Failed => _failed + _finished.Failed;

    /// <exception cref="TransferException">The track does not contain the requested files.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public async Task ReadAsync(TrackConsumer track, CancellationToken cancellationToken)
    {
        using var reader = track.Open(TransferTracks.FromTheStart);
        var expected = 0UL;
        ExpectNext();
        while (await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false) is { } group)
        {
            if (group.Sequence != expected++)
                throw new TransferException("a part of the content was lost");
            await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
                await ReadAsync(frame, cancellationToken).ConfigureAwait(false);
        }

        progress.IsChecking = false;
        if (_next < plan.Files.Count || _current is not null)
            throw new TransferException("the sender ended the content before the last file");
        await _finished.CompleteAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _part?.Dispose();
        _finished.Dispose();
    }

    private async ValueTask ReadAsync(Frame frame, CancellationToken cancellationToken)
    {
        switch (frame.Length > 0 ? (FrameKind)frame.Payload[0] : default)
        {
            case FrameKind.Start:
                OnStart(JsonLines.Parse(frame.Payload[1..], FilesJson.Default.FileStart, "the start of a file"));
                break;
            case FrameKind.Data when _part is not null && frame.Length - 1 <= _part.Missing:
                using (var kept = frame.Retain())
                    await _part.WriteAsync(kept.Payload[1..], cancellationToken).ConfigureAwait(false);
                progress.AddTransferred(frame.Length - 1);
                break;
            case FrameKind.End when _current is not null && (_part is null || _part.Missing == 0):
                var end = JsonLines.Parse(frame.Payload[1..], FilesJson.Default.FileEnd, "the end of a file");
                await OnEndAsync(_current, end.Sha256).ConfigureAwait(false);
                break;
            case FrameKind.Failure:
                OnFailure(JsonLines.Parse(frame.Payload[1..], FilesJson.Default.FileFailure, "the failure of a file"));
                break;
            default:
                throw new TransferException("the sender sent a frame that is malformed or out of order");
        }
    }

    private void OnStart(FileStart start)
    {
        var planned = Next(start.File);
        var request = planned.Request;
        if (start.Offset != 0 && start.Offset != request.Offset)
            throw new TransferException("the sender begins a file at an offset that was not requested");
        _current = planned;
        progress.IsChecking = false;
        progress.AddKnown(start.Offset);
        if (planned.ExistingHash is null || start.Offset != planned.Entry.Size)
        {
            if (planned.ExistingHash is not null && !isForced)
                throw new TransferException("the sender sends a file of which only the hash was requested");
            _part = PartFile.Open(planned, start.Offset, target);
        }

        if (start.Offset == 0 && request.Offset > 0)
            output.Report(new RestartedFile(planned.Entry.Path));
    }

    private async Task OnEndAsync(PlannedFile planned, string sha256)
    {
        var path = planned.Entry.Path;
        if (_part is { } part)
        {
            if (part.TryFinish(sha256))
            {
                _part = null;
                await _finished.AddAsync(part, Describe(planned.Entry, sha256, wasHere: false)).ConfigureAwait(false);
            }
            else
            {
                Fail(path, "the received contents do not have the hash that the sender reports; run the same command again");
            }
        }
        else if (string.Equals(planned.ExistingHash, sha256, StringComparison.OrdinalIgnoreCase))
        {
            AlreadyHere++;
            output.Report(Describe(planned.Entry, sha256, wasHere: true));
        }
        else
        {
            Fail(path, "it exists with other contents; use --force to replace it");
        }

        EndCurrent();
    }

    private void OnFailure(FileFailure failure)
    {
        var planned = _current ?? Next(failure.File);
        if (failure.File != planned.Request.File)
            throw new TransferException("the sender reports the failure of a file that it does not send");
        // What was received of a file that has changed is of no use.
        _part?.Delete();
        Fail(planned.Entry.Path, $"the sender cannot send it: {TerminalText.Escape(failure.Error)}");
        EndCurrent();
    }

    private PlannedFile Next(int file)
    {
        if (_current is not null || _next >= plan.Files.Count || plan.Files[_next].Request.File != file)
            throw new TransferException("the sender sends a file that was not requested, or not in order");
        return plan.Files[_next++];
    }

    private ReceivedFile Describe(FileEntry entry, string sha256, bool wasHere) =>
        new(entry.Path, entry.Size, sha256, wasHere) { IsListed = plan.Files.Count <= MaxListedFiles };

    private void Fail(string path, string reason)
    {
        _failed++;
        output.Report(new FailedFile(path, reason));
    }

    private void EndCurrent()
    {
        _part?.Dispose();
        (_part, _current) = (null, null);
        ExpectNext();
    }

    // Before the start of a file of which something is here, the sender compares it.
    private void ExpectNext() => progress.IsChecking = _next < plan.Files.Count && plan.Files[_next].Request.Offset > 0;
}
