using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Receives the files that a sender offers over one session.</summary>
internal sealed class FileReceiver(TargetFolder target, bool isForced, IOutput output, Runtime runtime)
{
    /// <summary>Gets the maximum time that the sender may take to read the result.</summary>
    private static TimeSpan ResultTime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the maximum time that the sender may take to answer a request. It includes hashing what the receiver has.</summary>
    private static TimeSpan AnswerTime { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the progress of the transfer, or null before the list of files has arrived.</summary>
    public TransferProgress? Progress { get; private set; }

    /// <summary>Receives all files.</summary>
    /// <param name="session">The session with the sender.</param>
    /// <param name="time">The maximum time, for messages.</param>
    /// <param name="left">The part of this time that is left for the list of files.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <exception cref="IOException">Not every file was received.</exception>
    public async Task RunAsync(MoqSession session, TimeSpan time, TimeSpan left, CancellationToken cancellationToken)
    {
        var manifest = await ReadManifestAsync(session, time, left, cancellationToken).ConfigureAwait(false);
        output.Report(new OfferedFiles(manifest, Ticket: null));
        if (!target.AcceptsHidden && manifest.Entries.FirstOrDefault(static entry => entry.Path.StartsWith('.')) is { } hidden)
        {
            throw new IOException(
                $"the sender offers '{TerminalText.Escape(hidden.Path)}', a hidden name, for the current folder; receive into another "
                + "folder with --to, or accept hidden names with --hidden");
        }

        Directory.CreateDirectory(target.Root);
        using var plan = await CompareAsync(manifest, cancellationToken).ConfigureAwait(false);
        if (plan.NeededSpace > target.FreeSpace)
        {
            throw new IOException(
                $"{ByteSize.Format(plan.NeededSpace)} are needed in '{TerminalText.Escape(target.Root)}', and only "
                + $"{ByteSize.Format(target.FreeSpace)} are free; make room, or receive into another folder with --to");
        }

        var progress = Progress = new TransferProgress(plan.Files.Sum(static file => file.Entry.Size), runtime);
        using var broadcast = new BroadcastProducer();
        using var request = broadcast.CreateTrack(TransferTracks.RequestTrack);
        using var result = broadcast.CreateTrack(TransferTracks.ResultTrack);
        TransferTracks.WriteAll(request, TransferRequest.Encode(plan.Files.Select(static file => file.Request)));
        using var registration = session.Publish(TransferTracks.Request, broadcast);

        foreach (var refused in plan.Refused)
            output.Report(refused);
        using var reader = new ContentReader(plan, target, isForced, progress, output);
        try
        {
            foreach (var folder in plan.Folders)
                target.CreateFolder(folder);
            await ReadContentAsync(session, reader, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is (IOException or UnauthorizedAccessException) and not MoqException)
        {
            await WriteResultAsync(result, TerminalText.Escape(ExceptionText.ForPeer(failure)), cancellationToken).ConfigureAwait(false);
            throw;
        }

        var failed = plan.Refused.Count + reader.Failed;
        output.Report(new ReceivedFiles(reader.Received, reader.AlreadyHere, failed, progress.Transferred, progress.Elapsed));
        var problem = failed == 0 ? null : $"{failed} of {manifest.Entries.Count} files and folders were not received";
        await WriteResultAsync(result, problem, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            throw new IOException(problem);
    }

    private async Task<Manifest> ReadManifestAsync(
        MoqSession session, TimeSpan time, TimeSpan left, CancellationToken cancellationToken)
    {
        var step = "waiting for the peer to offer files";
        var isOffered = false;
        var note = new WaitNote(output, runtime, () => step);
        await using var noteEnds = note.ConfigureAwait(false);
        using var limit = runtime.Limit(left, cancellationToken);
        try
        {
            var offer = await session.SubscribeAsync(TransferTracks.Offer, limit.Token).ConfigureAwait(false);
            (step, isOffered) = ("waiting for the list of files", true);
            await using var offerEnds = offer.ConfigureAwait(false);
            var text = await TransferTracks
                .ReadAllAsync(offer.Track(TransferTracks.ManifestTrack), Manifest.MaxBytes, limit.Token).ConfigureAwait(false);
            return Manifest.Decode(text.Span);
        }
        catch (OperationCanceledException expired) when (limit.IsExpired)
        {
            if (!isOffered)
                throw new TransferException("the peer offers no files; check that the ticket is one of 'moq send'", expired);
            throw new TimeoutException($"timed out after {time.TotalSeconds} s while {step}", expired);
        }
    }

    /// <summary>Compares the list of files with the target folder, which includes hashing what is there.</summary>
    private async Task<ReceivePlan> CompareAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var progress = new CheckProgress(manifest.TotalSize);
        var reporting = new ProgressReports(output, runtime, progress.Describe);
        await using var reportingEnds = reporting.ConfigureAwait(false);
        return await ReceivePlan.CreateAsync(manifest, target, isForced, progress, cancellationToken).ConfigureAwait(false);
    }

    private async Task ReadContentAsync(
        MoqSession session, ContentReader reader, TransferProgress progress, CancellationToken cancellationToken)
    {
        var content = await session.SubscribeAsync(TransferTracks.Content, AnswerTime, cancellationToken).ConfigureAwait(false);
        await using var contentEnds = content.ConfigureAwait(false);
        var reporting = new ProgressReports(output, runtime, () => progress.Describe(session.RemoteId));
        await using var reportingEnds = reporting.ConfigureAwait(false);
        await reader.ReadAsync(content.Track(TransferTracks.ContentTrack), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reports the result to the sender, and waits until it has read it or the session has ended.</summary>
    private async Task WriteResultAsync(TrackProducer track, string? problem, CancellationToken cancellationToken)
    {
        var text = new System.Buffers.ArrayBufferWriter<byte>();
        JsonLines.Append(text, new TransferResult { Complete = problem is null, Error = problem }, FilesJson.Default.TransferResult);
        TransferTracks.WriteAll(track, text.WrittenSpan);
        using var limit = runtime.Limit(ResultTime, cancellationToken);
        try
        {
            // A reader that has joined and left counts.
            await track.WaitForSubscriberAsync(limit.Token).ConfigureAwait(false);
            await track.WaitForNoSubscriberAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsExpired)
        {
            // The files are here, whether the sender learns it or not.
        }
        catch (MoqException)
        {
            // The session has ended.
        }
    }
}
