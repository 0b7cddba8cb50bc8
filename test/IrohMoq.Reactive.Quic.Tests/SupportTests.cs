namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>The endpoint on machines with and without System.Net.Quic.</summary>
public sealed class SupportTests
{
    [Test]
    public async Task Create_Succeeds_OrReportsWhatToInstall()
    {
        if (QuicEndpoint.IsSupported)
        {
            await using var endpoint = await QuicEndpoint.CreateAsync(options: Machine.Loopback);
            return;
        }

        var failure = await Assert.ThrowsAsync<PlatformNotSupportedException>(async () => await QuicEndpoint.CreateAsync());
        Assert.That(failure!.Message, Is.EqualTo(QuicSupport.Problem));
    }

    [TestCase("install libmsquic")]
    [TestCase("Debian")]
    [TestCase("apk add libmsquic")]
    [TestCase("brew install libmsquic")]
    [TestCase("Windows")]
    public void Message_NamesEachPlatform(string text) =>
        Assert.That(new PlatformNotSupportedException(QuicSupport.Problem).Message, Does.Contain(text));
}
