using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Follows what the subscriber does: its updates, its refusals, and the end of its side.</content>
internal sealed partial class TrackPublisher
{
    private bool _peerHasEnded;

    /// <summary>
    /// Gets a value indicating whether the subscriber has ended its side and continues to read over another connection of the session.
    /// </summary>
    private bool HasMoved =>
        _peerHasEnded && Connection.Host is { } host && host.Others(Connection).Any(other => other.Served.Serves(_cursor.Track));

    /// <summary>
    /// Handles that the peer refuses a group. A live track continues without the group; on a lossless track, the subscription fails
    /// because its reader is too slow.
    /// </summary>
    public void OnRefused(MoqErrorCode code)
    {
        if (!_cursor.Track.IsLossless || code == MoqErrorCode.Cancel)
            return;
        _failure ??= new MoqStreamException(
            MoqErrorCode.SlowReader,
            $"The peer has dropped a group of the lossless track '{_subscribe.Track}' of '{_subscribe.Broadcast}', with code {code}.",
            isRemote: true);
        _cancel.Cancel();
    }

    /// <summary>Ends the reader as moved, so that of its two subscriptions only the one that continues counts.</summary>
    private void Move(IDisposable served)
    {
        served.Dispose();
        _cursor.Leave(TrackReaderEnd.Moved);
    }

    /// <summary>Reads updates until the peer ends its side of the stream, which ends the subscription.</summary>
    private async Task WatchPeerAsync()
    {
        try
        {
            while (await _reader.ReadAsync<SubscribeUpdate>().ConfigureAwait(false) is { } update)
                Update(update.Terms);
            _peerHasEnded = true;
        }
        catch (MoqProtocolException wrong)
        {
            Connection.GiveUp(_stream, wrong);
        }
        catch (TransportClosedException)
        {
            // The streams may fail before the connection reports its end.
            lock (_gate)
                _cursor?.Leave(TrackReaderEnd.SessionLost);
        }
        catch (IOException)
        {
            // No matter how the peer ends its side, it wants no more groups.
        }
        finally
        {
            _cancel.Cancel();
        }
    }

    /// <summary>
    /// Applies new delivery terms. Any update also shows that the readers are active. While the broadcast is waited for, the new terms take
    /// the place of those in the request.
    /// </summary>
    private void Update(DeliveryTerms terms)
    {
        lock (_gate)
        {
            if (_cursor is null)
            {
                _subscribe = _subscribe with { Terms = terms };
                return;
            }
        }

        if (SubscriptionTerms.WantsAll(terms))
            _missing.Report();
        if (terms.StartGroup is { } start)
            Volatile.Write(ref _asked, new AskedStart(start, terms.FrameStart));
        _window.Update(terms);
        _cursor.Options = SubscriptionTerms.ToOptions(terms, Version);
        _window.ResetOld();
        _cursor.ReportProgress();
        _cursor.Wake();
        _readers.Set();
    }
}
