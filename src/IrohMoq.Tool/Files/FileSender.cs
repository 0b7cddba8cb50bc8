using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Files;

/// <summary>Offers files, and serves every receiver independently of the others.</summary>
internal sealed class FileSender(IReadOnlyList<SourceFile> files, Manifest manifest, IOutput output, Runtime runtime)
{
    /// <summary>
    /// Gets the options of a content track. A receiver with a slow disk reads nothing while it writes a large file to the disk, which may
    /// take minutes. A receiver that is gone is detected by the end of its session.
    /// </summary>
    private static TrackOptions ContentOptions { get; } =
        new() { Lossless = true, MaxCachedBytes = 16 << 20, SlowReaderLimit = TimeSpan.FromMinutes(10) };

    /// <summary>Publishes the list of files to all peers.</summary>
    /// <returns>A registration that withdraws the list when it is disposed.</returns>
    public IDisposable Publish(Moq moq)
    {
        var offer = moq.CreateBroadcast();
        TransferTracks.WriteAll(offer.CreateTrack(TransferTracks.ManifestTrack), manifest.Encode());
        return moq.Publish(TransferTracks.Offer, offer);
    }

    /// <summary>Serves receivers until the operation is canceled or, if requested, until one receiver has ended.</summary>
    /// <param name="moq">The manager whose incoming sessions are served.</param>
    /// <param name="once">True to return after a receiver has every file, or every file that can be sent.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <exception cref="IOException">The only receiver did not receive every file.</exception>
    public async Task RunAsync(Moq moq, bool once, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var finished = new Completion<int>(runtime);
        var receivers = new List<Task>();
        try
        {
            await foreach (var incoming in moq.ReadIncomingSessionsAsync(cancellationToken: stop.Token).ConfigureAwait(false))
            {
                receivers.RemoveAll(static receiver => receiver.IsCompletedSuccessfully);
                receivers.Add(ServeAsync(incoming.Accept()));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A receiver has ended, or a task of a receiver has failed, which the wait below throws.
        }
        finally
        {
            stop.Cancel();
            await Task.WhenAll(receivers).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (finished.IsSet && await finished.Task.ConfigureAwait(false) is > 0 and var failed)
            throw new IOException($"{failed} of {manifest.FileCount} files could not be sent");

        async Task ServeAsync(MoqSession session)
        {
            await using var sessionEnds = session.ConfigureAwait(false);
            try
            {
                if (await ServeReceiverAsync(session, stop.Token).ConfigureAwait(false) is { } failures && once
                    && finished.TrySet(failures))
                {
                    stop.Cancel();
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The sender ends.
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }
    }

    /// <summary>Serves one receiver.</summary>
    /// <returns>
    /// The number of files that could not be sent, after the receiver has received all others; null if the session or the receiver ended
    /// earlier, so that the receiver may come back.
    /// </returns>
    private async Task<int?> ServeReceiverAsync(MoqSession session, CancellationToken stop)
    {
        var progress = new TransferProgress(manifest.TotalSize, runtime);
        var hasRequested = false;
        try
        {
            var broadcast = await session.SubscribeAsync(TransferTracks.Request, stop).ConfigureAwait(false);
            await using var broadcastEnds = broadcast.ConfigureAwait(false);
            hasRequested = true;
            var request = await TransferTracks
                .ReadAllAsync(broadcast.Track(TransferTracks.RequestTrack), TransferRequest.MaxBytes, stop).ConfigureAwait(false);
            var requests = TransferRequest.Decode(request.Span, manifest);
            var wanted = requests.Sum(file => manifest.Entries[file.File].Size);
            // What is not requested is at the receiver already.
            progress.AddKnown(manifest.TotalSize - wanted);

            using var content = new BroadcastProducer();
            using var track = content.CreateTrack(TransferTracks.ContentTrack, ContentOptions);
            using var registration = session.Publish(TransferTracks.Content, content);
            using var writer = new ContentWriter(track, files, progress);
            var result = await SendAsync(session, broadcast, writer, requests, progress, stop).ConfigureAwait(false);
            foreach (var failure in writer.Failures)
                output.Report(new FailedFile(manifest.Entries[failure.File].Path, failure.Error));
            Report(result.Complete ? null : TerminalText.Escape(result.Error ?? "no reason given"));
            return result.Complete || writer.Failures.Count > 0 ? writer.Failures.Count : null;
        }
        catch (TransferException wrong)
        {
            session.Close(MoqErrorCode.ProtocolViolation, wrong.Message);
            Report(wrong.Message);
        }
        catch (MoqException failure)
        {
            // A session that ends without a request, such as one of moq ls, is no transfer.
            if (!hasRequested)
                return null;
            var end = await SessionOfFailure.WaitForEndAsync(session, runtime, stop).ConfigureAwait(false);
            var reason = end is null ? failure.Message : SessionEnd.Describe(end);
            Report($"the session ended: {TerminalText.Escape(reason)}");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // One receiver does not end the transfers to the others.
            session.Close(MoqErrorCode.Internal, "the transfer failed");
            Report(ExceptionText.Of(failure));
        }

        return null;

        void Report(string? error) => output.Report(new SentFiles(session.RemoteId, progress.Transferred, error));
    }

    /// <summary>Writes the content until the receiver reports its result.</summary>
    private async Task<TransferResult> SendAsync(
        MoqSession session,
        BroadcastConsumer receiver,
        ContentWriter writer,
        IReadOnlyList<FileRequest> requests,
        TransferProgress progress,
        CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var reporting = new ProgressReports(output, runtime, () => progress.Describe(session.RemoteId));
        await using var reportingEnds = reporting.ConfigureAwait(false);
        var writing = WriteAsync();
        try
        {
            var text = await TransferTracks
                .ReadAllAsync(receiver.Track(TransferTracks.ResultTrack), TransferTracks.MaxResultBytes, ended.Token)
                .ConfigureAwait(false);
            return JsonLines.Parse(text.Span, FilesJson.Default.TransferResult, "a result");
        }
        finally
        {
            // The receiver has everything, or reads no more.
            ended.Cancel();
            await writing.ConfigureAwait(false);
        }

        async Task WriteAsync()
        {
            try
            {
                await writer.WriteAsync(requests, ended.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is MoqException or OperationCanceledException)
            {
                // The session or the receiver has ended: reading the result shows how.
            }
            catch
            {
                // The receiver would wait for the rest.
                ended.Cancel();
                throw;
            }
        }
    }
}
