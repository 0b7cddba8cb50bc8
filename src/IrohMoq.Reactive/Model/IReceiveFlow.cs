namespace IrohMoq.Reactive;

/// <summary>
/// What a track that is received tells the session that receives it, so that a reader that is slow holds back its own publisher and
/// nothing else. Every member is called under the track's lock and only sets things in motion.
/// </summary>
internal interface IReceiveFlow
{
    /// <summary>What the foremost reader has not read has changed.</summary>
    void OnUnreadChanged();

    /// <summary>A reader has read all that has come of a group and waits for more of it.</summary>
    void OnStarving(GroupProducer group);

    /// <summary>A reader has missed so many groups more.</summary>
    void OnSkipped(long groups);

    /// <summary>A reader was cut off.</summary>
    void OnReaderCut();

    /// <summary>Readers have come, gone or changed what they want.</summary>
    void OnDemandChanged();
}
