using IrohMoq.Reactive;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    [Test]
    public void Dial_ThePeersPreferredProtocolIsTaken() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        listening.Listen(["b", "a"]);
        var accepting = listening.AcceptAsync().AsTask();
        await using var mine = await dialing.ConnectAsync(listening.Address, ["x", "a", "b"]);
        await using var theirs = await accepting;
        Assert.That((mine.Protocol, theirs.Protocol), Is.EqualTo(("b", "b")));
    });

    [Test]
    public void Dial_WithoutACommonProtocolFails() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        listening.Listen([Protocol]);
        var failure = await FailureOfAsync<MoqConnectException>(async () => await dialing.ConnectAsync(listening.Address, ["another"]));
        Assert.That(failure.Error, Is.EqualTo(ConnectError.NoCommonProtocol));
    });

    [Test]
    public void Dial_OfAnEndpointThatDoesNotListenFails_AndMaySucceedLater() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        var failure = await FailureOfAsync<MoqConnectException>(async () => await dialing.ConnectAsync(listening.Address, [Protocol]));
        Assert.That((failure.Error, failure.IsTransient, failure.IsRemote), Is.EqualTo((ConnectError.NotServing, true, true)));
        listening.Listen([Protocol]);
        var accepting = listening.AcceptAsync().AsTask();
        await using var mine = await dialing.ConnectAsync(listening.Address, [Protocol]);
        await using var theirs = await accepting;
    });

    [Test]
    public void Dial_OfAnotherIdAtThatAddressFails() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        await using var third = await BindAsync();
        listening.Listen([Protocol]);
        var wrong = new EndpointAddr(third.Id, [.. listening.Address.Addresses]);
        var failure = await FailureOfAsync<MoqConnectException>(async () => await dialing.ConnectAsync(wrong, [Protocol]));
        Assert.That(failure.Error, Is.EqualTo(ConnectError.WrongPeer));
        // The endpoint that was not asked for has nothing to accept but the next dial.
        var accepting = listening.AcceptAsync().AsTask();
        await using var mine = await third.ConnectAsync(listening.Address, [Protocol]);
        await using var theirs = await accepting;
        Assert.That(theirs.RemoteId.ToArray(), Is.EqualTo(third.Id.ToArray()));
    });

    [Test]
    public void Dial_OfItselfFails() => Run(async () =>
    {
        await using var endpoint = await BindAsync();
        endpoint.Listen([Protocol]);
        var failure = await FailureOfAsync<MoqConnectException>(async () => await endpoint.ConnectAsync(endpoint.Address, [Protocol]));
        Assert.That(failure.Error, Is.EqualTo(ConnectError.SelfConnect));
    });

    [Test]
    public void Dial_WithoutAnAddressFails() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        var failure = await FailureOfAsync<MoqConnectException>(
            async () => await dialing.ConnectAsync(new EndpointAddr(listening.Id), [Protocol]));
        Assert.That(failure.Error, Is.EqualTo(ConnectError.NoAddress));
    });

    [Test]
    public void Dial_CanceledOneEndsAndAffectsNoOther() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        await using var gone = await BindAsync();
        var unused = gone.Address;
        await gone.DisposeAsync();
        using var giveUp = new CancellationTokenSource();
        var dial = dialing.ConnectAsync(unused, [Protocol], giveUp.Token).AsTask();
        giveUp.Cancel();
        await FailureOfAsync<OperationCanceledException>(async () => await dial);

        listening.Listen([Protocol]);
        var accepting = listening.AcceptAsync().AsTask();
        await using var mine = await dialing.ConnectAsync(listening.Address, [Protocol]);
        await using var theirs = await accepting;
    });

    [Test]
    public void Accept_CanceledOneLosesNoConnection() => Run(async () =>
    {
        await using var dialing = await BindAsync();
        await using var listening = await BindAsync();
        listening.Listen([Protocol]);
        using var giveUp = new CancellationTokenSource();
        var canceled = listening.AcceptAsync(giveUp.Token).AsTask();
        giveUp.Cancel();
        await FailureOfAsync<OperationCanceledException>(async () => await canceled);
        await using var mine = await dialing.ConnectAsync(listening.Address, [Protocol]);
        await using var theirs = await listening.AcceptAsync();
        Assert.That(theirs.RemoteId.ToArray(), Is.EqualTo(dialing.Id.ToArray()));
    });

    [Test]
    public void Dispose_EndsEveryWaitOfTheEndpoint() => Run(async () =>
    {
        await using var endpoint = await BindAsync();
        await using var gone = await BindAsync();
        var unused = gone.Address;
        await gone.DisposeAsync();
        endpoint.Listen([Protocol]);
        var accepting = endpoint.AcceptAsync().AsTask();
        var dialing = endpoint.ConnectAsync(unused, [Protocol]).AsTask();
        await endpoint.DisposeAsync();
        await endpoint.DisposeAsync();
        await FailureOfAsync<ObjectDisposedException>(async () => await accepting);
        await FailureOfAsync<ObjectDisposedException>(async () => await dialing);
        Assert.That(await endpoint.Closed, Is.Null);
        await FailureOfAsync<ObjectDisposedException>(async () => await endpoint.AcceptAsync());
        await FailureOfAsync<ObjectDisposedException>(async () => await endpoint.ConnectAsync(unused, [Protocol]));
    });
}
