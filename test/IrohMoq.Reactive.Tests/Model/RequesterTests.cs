namespace IrohMoq.Reactive.Tests.Model;

/// <summary>The peer on whose behalf a track is read.</summary>
public sealed class RequesterTests
{
    /// <summary>Every change of the hop could make the tracks that the peer reads move to another source, for all their readers.</summary>
    [Test]
    public void Hop_IsTheFirstOneThatThePeerStates()
    {
        var peer = new Requester(default) { Hop = 0 };
        peer.Hop = 7;
        peer.Hop = 8;
        peer.Hop = 0;
        Assert.That(peer.Hop, Is.EqualTo(7));
    }
}
