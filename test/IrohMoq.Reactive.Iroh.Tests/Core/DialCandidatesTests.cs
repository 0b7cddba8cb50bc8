using System.Net;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class DialCandidatesTests
{
    private static readonly NetworkPath A = Path("192.0.2.1:1", 0);
    private static readonly NetworkPath B = Path("[2001:db8::1]:1", 1);
    private static readonly NetworkPath C = Path("192.0.2.3:1", 0);

    [Test]
    public void UntilThePeerAnswers_EverythingGoesToAll()
    {
        var (dial, sent) = Dial(A, B);
        dial.Send(dial.Constant, [1], 1);
        dial.Send(dial.Constant, [2], 1);
        Assert.That(sent.Taken, Is.EqualTo([(A, 1), (B, 1), (A, 2), (B, 2)]));
    }

    [Test]
    public void DatagramThatMovesTheHandshake_ChoosesItsPath()
    {
        var (dial, sent) = Dial(A, B);
        Assert.That(dial.OnArrived(Arriving(B)), Is.EqualTo(dial.Constant));
        dial.Choose();
        dial.Send(dial.Constant, [1], 1);
        Assert.That(sent.Taken, Is.EqualTo([(B, 1)]));
        Assert.That(dial.Chosen, Is.EqualTo(B));
    }

    [Test]
    public void DatagramThatDoesNotMoveTheHandshake_ChoosesNothing()
    {
        var (dial, sent) = Dial(A, B);
        dial.OnArrived(Arriving(A));
        dial.Choose();
        // For example a second answer of the same peer, or garbage.
        dial.OnArrived(Arriving(B));
        dial.Send(dial.Constant, [1], 1);
        Assert.That(sent.Taken, Is.EqualTo([(A, 1)]));
    }

    [Test]
    public void DatagramOfAStranger_KeepsItsPath_AndChoosesNothing()
    {
        var (dial, _) = Dial(A, B);
        dial.OnArrived(Arriving(A));
        Assert.That(dial.OnArrived(Arriving(C)), Is.EqualTo(Arriving(C)));
        dial.Choose();
        Assert.That(dial.Chosen, Is.Null);
        Assert.That(dial.OnArrived(Arriving(A with { Carrier = 1 })), Is.EqualTo(Arriving(A with { Carrier = 1 })), "another socket");
    }

    [Test]
    public void HandshakeThatCompletesWithItsFirstDatagram_FixesThatPath()
    {
        var (dial, sent) = Dial(A, B);
        dial.OnArrived(Arriving(B));
        dial.Fix();
        Assert.That(dial.Chosen, Is.EqualTo(B));
        Assert.That(dial.OnArrived(Arriving(A)), Is.EqualTo(Arriving(A)), "ngtcp2 drops packets of other paths");
        dial.Choose();
        dial.Send(dial.Constant, [1], 1);
        Assert.That(sent.Taken, Is.EqualTo([(B, 1)]));
    }

    [Test]
    public void LaterCandidate_GetsTheFirstFlight_AndEverythingAfterwards()
    {
        var (dial, sent) = Dial(A);
        dial.Send(dial.Constant, [1], 1);
        dial.Send(dial.Constant, [2], 1);
        dial.Add(C);
        dial.Add(C);
        dial.Send(dial.Constant, [3], 1);
        Assert.That(sent.Taken, Is.EqualTo([(A, 1), (A, 2), (C, 1), (A, 3), (C, 3)]));
        Assert.That(dial.OnArrived(Arriving(C)), Is.EqualTo(dial.Constant));
    }

    [Test]
    public void LaterCandidate_IsBoundedAndTooLateAfterTheHandshake()
    {
        var (dial, sent) = Dial(A);
        dial.Send(dial.Constant, [1], 1);
        for (var i = 0; i < 2 * DialPath.MaxCandidates; i++)
            dial.Add(Path($"203.0.113.{i}:2", 0));
        Assert.That(sent.Taken, Has.Count.EqualTo(DialPath.MaxCandidates));
        dial.OnArrived(Arriving(A));
        dial.Fix();
        dial.Add(C);
        Assert.That(sent.Taken, Has.Count.EqualTo(DialPath.MaxCandidates));
    }

    [Test]
    public void CurrentPath_HasTheLocalAddressOfTheLastDatagram()
    {
        var (dial, _) = Dial(A, B);
        Assert.That(dial.Current, Is.EqualTo(A));
        dial.OnArrived(Arriving(B));
        dial.Fix();
        Assert.That(dial.Current, Is.EqualTo(Arriving(B)));
        var moved = B with { Local = At("[2001:db8::99]:5") };
        dial.OnArrived(moved);
        Assert.That(dial.Current, Is.EqualTo(moved));
    }

    [Test]
    public void NewConstantPath_StandsForTheSameAddresses()
    {
        var (dial, sent) = Dial(A);
        dial.OnArrived(Arriving(A));
        dial.Fix();
        var (before, next) = (dial.Constant, dial.NextConstant());
        Assert.That((next.Remote, next.Carrier), Is.EqualTo((before.Remote, before.Carrier)));
        Assert.That(next.Local, Is.Not.EqualTo(before.Local));
        dial.Replace(next);
        Assert.That(dial.OnArrived(Arriving(A)), Is.EqualTo(next));
        dial.Send(next, [1], 1);
        Assert.That(sent.Taken, Is.EqualTo([(A, 1)]));
    }

    private static (DialPath Dial, Sink Sent) Dial(params NetworkPath[] candidates)
    {
        var sink = new Sink();
        return (new DialPath(sink, candidates), sink);
    }

    private static NetworkPath Path(string remote, int carrier) => new(At(carrier == 0 ? "0.0.0.0:5" : "[::]:5"), At(remote), carrier);

    /// <summary>The path of a datagram that arrives: the kernel knows the local address.</summary>
    private static NetworkPath Arriving(NetworkPath path) =>
        path with { Local = path.Carrier == 0 ? At("192.0.2.99:5") : At("[2001:db8::98]:5") };

    private static NetworkAddress At(string text) => NetworkAddress.From(IPEndPoint.Parse(text));

    private sealed unsafe class Sink : IDatagramSink
    {
        public List<(NetworkPath Path, int Content)> Taken { get; } = [];

        public byte* Buffer => null;

        public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
        {
            Taken.Add((path, datagrams[0]));
            return true;
        }
    }
}
