namespace IrohMoq.Reactive.Testing.Tests.Linq;

/// <summary>When <c>moq.Reconnect</c> dials again: after which delay, how often, and until when.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReconnectDelayTests
{
    private static readonly ReconnectOptions Exact = new() { Jitter = 0 };

    [Test]
    public void DialsFail_TheDelayDoublesToFiveSeconds() => Peers.Run(async peers =>
    {
        var dials = DialsOf(peers, Exact, 60);
        // Each dial fails after the 10 s of the network. The delays between them are 1, 2, 4, 5 and 5 s.
        Assert.That(await dials, Is.EqualTo(new[] { 0, 11, 23, 37, 52 }).Within(0.001));
    });

    [Test]
    public void Jitter_ShortensTheDelay() => Peers.Run(async peers =>
    {
        var dials = await DialsOf(peers, new ReconnectOptions { Jitter = 0.25 }, 3500);
        double[] full = [1, 2, 4, .. Enumerable.Repeat(5.0, dials.Count - 4)];
        var parts = dials.Zip(dials.Skip(1), static (one, next) => next - one - 10)
            .Zip(full, static (wait, whole) => wait / whole)
            .ToArray();
        Assert.That(parts, Is.All.InRange(0.7499, 1.0001));
        Assert.That(
            (parts.Min(), parts.Max()),
            Is.EqualTo((0.75, 1.0)).Using<(double, double)>(
                static (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.02 && Math.Abs(a.Item2 - b.Item2) < 0.02),
            "The jitter is drawn from the whole range.");
    });

    [Test]
    public void Seed_DecidesTheJitter()
    {
        List<double> Dials(int seed)
        {
            List<double> dials = [];
            Peers.Run(async peers => dials = await DialsOf(peers, ReconnectOptions.Default, 100), seed);
            return dials;
        }

        var first = Dials(1);
        Assert.That(Dials(1), Is.EqualTo(first));
        Assert.That(Dials(2), Is.Not.EqualTo(first).Within(0.001));
    }

    [Test]
    public void MostAttempts_FailsWithTheLastDial() => Peers.Run(async peers =>
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Reconnect(address, Exact with { MaxAttempts = 3 }));
        await peers.PauseAsync(300);
        Assert.That(
            sessions.Failure,
            Is.TypeOf<MoqConnectException>().With.Property(nameof(MoqConnectException.Error)).EqualTo(ConnectError.TimedOut));
        Assert.That(sessions.EndedAt, Is.EqualTo(10 + 1 + 10 + 2 + 10).Within(0.001), "immediately after the last dial has failed");
    });

    [Test]
    public void GiveUpAfter_FailsAsSoonAsTheNextDialWouldBeLater() => Peers.Run(async peers =>
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Reconnect(address, Exact with { GiveUpAfter = TimeSpan.FromSeconds(24) }));
        await peers.PauseAsync(300);
        Assert.That(sessions.Failure, Is.TypeOf<MoqConnectException>());
        Assert.That(sessions.EndedAt, Is.EqualTo(33).Within(0.001), "The dial at 23 s is in time; the one at 37 s would not be.");
    });

    [Test]
    public void CleanCloseByThePeer_IsDialedAgainAfterTheFirstWait() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        await peers.CloseIncomingAsync(MoqErrorCode.Cancel);
        var closed = peers.Seconds;
        await peers.PauseAsync(20);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((2, false)));
        Assert.That(sessions.Times[1] - closed, Is.EqualTo(1.03).Within(0.002), "10 ms for the end, 1 s of delay, 20 ms for the dial");
        Assert.That(sessions.Items[0].Closed.IsCompleted, Is.True);
    });

    [Test]
    public void ShortSessions_LengthenTheDelay_AStableOneResetsIt() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        List<double> waits = [];
        await peers.PauseAsync(0.1);
        foreach (var life in new[] { 1.0, 1, 1, 1, 1, 10.1, 1 })
        {
            var before = sessions.Items.Count;
            await peers.PauseAsync(life);
            await peers.CloseIncomingAsync(MoqErrorCode.Cancel);
            var closed = peers.Seconds;
            while (sessions.Items.Count == before)
                await peers.PauseAsync(0.001);
            waits.Add(Math.Round(sessions.Times[^1] - closed - 0.03, 2));
        }

        Assert.That(waits, Is.EqualTo(new[] { 1, 2, 4, 5, 5, 1, 2 }).Within(0.011));
    });

    [Test]
    public void ShortSessions_CountAsFailedAttempts() => Peers.Run(async peers =>
    {
        using var closing = peers.Alice.IncomingSessions().Subscribe(
            static incoming => incoming.Accept().Close(MoqErrorCode.FromApplication(3), "not today"));
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact with { MaxAttempts = 3 }));
        await peers.PauseAsync(300);
        Assert.That(sessions.Items, Has.Count.EqualTo(3));
        Assert.That(sessions.Failure, Is.TypeOf<MoqConnectException>().With.Message.Contains("not today"));
        Assert.That(sessions.EndedAt, Is.EqualTo(3).Within(0.2));
    });

    [Test]
    public void SupersededAtThePeer_IsNoFailureOfAStableSession() => Peers.Run(async peers =>
    {
        using var sessions = peers.Note(peers.Bob.Reconnect(peers.ToAlice, Exact));
        await peers.PauseAsync(20);
        await peers.CloseIncomingAsync(MoqErrorCode.Superseded, "superseded");
        var closed = peers.Seconds;
        await peers.PauseAsync(0.5);
        Assert.That(sessions.Times[1] - closed, Is.EqualTo(0.03).Within(0.002), "without a delay");
        await peers.CloseIncomingAsync(MoqErrorCode.Superseded, "superseded");
        await peers.PauseAsync(0.9);
        Assert.That(sessions.Items, Has.Count.EqualTo(2), "Two peers of one identity must not supersede each other in a loop.");
        await peers.PauseAsync(0.2);
        Assert.That(sessions.Items, Has.Count.EqualTo(3));
    });

    /// <summary>Returns the times at which a peer that never answers is dialed.</summary>
    private static async Task<List<double>> DialsOf(Peers peers, ReconnectOptions options, double seconds)
    {
        var address = peers.ToAlice;
        peers.Network.Kill(peers.Alice);
        using var sessions = peers.Note(peers.Bob.Reconnect(address, options));
        await peers.PauseAsync(seconds);
        Assert.That((sessions.Items.Count, sessions.IsOver), Is.EqualTo((0, false)));
        return peers.Dials.Times;
    }
}
