using System.Security.Cryptography;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>The option <c>--transport</c> of the commands publish and subscribe.</summary>
[CancelAfter(60_000)]
public class TransportTests
{
    [Test]
    public async Task Quic_CarriesAFileUnchanged_OrReportsWhatToInstall(CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("moq-transport-").FullName;
        try
        {
            var (input, output) = (Path.Combine(folder, "in"), Path.Combine(folder, "out"));
            await File.WriteAllBytesAsync(input, RandomNumberGenerator.GetBytes(3_000_001), token);
            using var publisher = new ToolProcess(
                "publish", "--transport", "quic", "--bind", "127.0.0.1:0", "--name", "f", "--track", "t", "--input", input, "--frame-size",
                "10000", "--lossless", "--json");
            if (!QuicEndpoint.IsSupported)
            {
                var (code, error, _) = await publisher.EndAsync(token);
                Assert.That(code, Is.EqualTo(1));
                Assert.That(error, Does.Contain("install libmsquic"));
                return;
            }

            var ticket = (await publisher.ExpectAsync("listening", token)).GetProperty("ticket").GetString()!;
            using var subscriber = new ToolProcess(
                "subscribe", ticket, "--transport", "quic", "--name", "f", "--track", "t", "--output", output, "--json");
            await subscriber.ExpectAsync("ended", token);
            Assert.That((await subscriber.EndAsync(token)).Code, Is.Zero);
            Assert.That((await publisher.EndAsync(token)).Code, Is.Zero);
            Assert.That(await File.ReadAllBytesAsync(output, token), Is.EqualTo(await File.ReadAllBytesAsync(input, token)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("--transport", "3")]
    [TestCase("--transport", "tcp")]
    [TestCase("--transport", "quic", "--congestion", "bbr")]
    [TestCase("--transport", "quic", "--bind", "127.0.0.1:0", "--bind", "[::1]:0")]
    public async Task WrongArguments_ExitWith2(params string[] words)
    {
        using var tool = new ToolProcess(["publish", "--name", "a", "--track", "b", .. words]);
        var (code, _, errors) = await tool.EndAsync(TestContext.CurrentContext.CancellationToken);
        Assert.That(code, Is.EqualTo(2), errors);
        Assert.That(errors, Is.Not.Empty);
    }
}
