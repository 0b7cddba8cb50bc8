namespace IrohMoq.Reactive.Testing;

/// <summary>A broadcast with one track that a peer has published, and the ledger's page for it.</summary>
internal sealed class LiveBroadcast(BroadcastProducer broadcast, TrackProducer track, FrameLedger.SentBroadcast sent) : IDisposable
{
    public const string TrackName = "t";

    public FrameLedger.SentBroadcast Sent => sent;

    public TrackProducer Track => track;

    /// <summary>The most bytes that one of its groups has had.</summary>
    public long LargestGroup { get; set; }

    /// <summary>True once it has ended: nobody comes any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What takes it back.</summary>
    public IDisposable? Registration { get; set; }

    /// <summary>Ends it: well, or with a code.</summary>
    public void End(bool isWell)
    {
        IsOver = true;
        if (isWell)
        {
            track.Finish();
            broadcast.Finish();
        }
        else
        {
            broadcast.Abort(MoqErrorCode.FromApplication(7));
        }
    }

    public void Dispose()
    {
        IsOver = true;
        Registration?.Dispose();
        track.Dispose();
        broadcast.Dispose();
    }
}
