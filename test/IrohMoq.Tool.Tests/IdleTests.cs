namespace IrohMoq.Tool.Tests;

/// <summary>The option <c>--idle-timeout</c>, which measures what arrives and not what is written.</summary>
[CancelAfter(120_000)]
public class IdleTests : ToolTestBase
{
    private const int Seconds = 2;

    [Test]
    public async Task OutputThatIsReadLate_IsNoSilence(CancellationToken token)
    {
        const int Length = 40 << 20;
        await File.WriteAllBytesAsync(PathOf("in"), new byte[Length], token);
        using var publisher = Publish("--lossless", "--input", PathOf("in"));
        using var reader = Subscribe(
            TicketOf(await publisher.ExpectAsync("listening", token)), "--output", "-", "--idle-timeout", $"{Seconds}");
        await SecondsAsync(publisher, token);
        var end = await reader.EndAsync(token);
        Assert.That((end.Code, end.Output.Length), Is.EqualTo((0, Length)), end.Errors);
        Assert.That(end.Errors, Does.Not.Contain("nothing has arrived"));
        Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
    }

    [Test]
    public async Task SuspendedProcess_IsNoSilence(CancellationToken token)
    {
        using var publisher = Publish("--clock");
        using var reader = Subscribe(
            TicketOf(await publisher.ExpectAsync("listening", token)), "--json", "--idle-timeout", $"{Seconds}");
        await reader.ExpectAsync("progress", token);
        reader.Signal("STOP");
        await SecondsAsync(publisher, token);
        reader.Signal("CONT");
        await SecondsAsync(reader, token);
        reader.Interrupt();
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(130), end.Errors);
    }

    [Test]
    public async Task Silence_EndsTheRun(CancellationToken token)
    {
        using var publisher = Publish("--lines");
        using var reader = Subscribe(
            TicketOf(await publisher.ExpectAsync("listening", token)), "--output", "-", "--idle-timeout", $"{Seconds}");
        await publisher.ExpectAsync("subscribed", token);
        await publisher.Input.WriteLineAsync("a line");
        await publisher.Input.FlushAsync(token);
        var end = await reader.EndAsync(token);
        Assert.That(end.Code, Is.EqualTo(1));
        Assert.That(end.Errors, Does.Contain($"nothing has arrived for {Seconds} s (--idle-timeout)"));
        publisher.Interrupt();
    }

    /// <summary>Waits twice as long as the idle timeout, by the progress that a process reports each second.</summary>
    private static async Task SecondsAsync(ToolProcess process, CancellationToken token)
    {
        for (var i = 0; i < 2 * Seconds; i++)
            await process.ExpectAsync("progress", token);
    }
}
