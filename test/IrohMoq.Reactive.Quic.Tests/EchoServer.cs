using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>An echo server on quiche, a QUIC implementation of other authors, in a process of its own (test/quic-server).</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly Process _process;

    private EchoServer(Process process, int port, byte[] hash) => (_process, Port, CertificateHash) = (process, port, hash);

    public int Port { get; }

    /// <summary>Gets the SHA-256 hash of the certificate.</summary>
    public byte[] CertificateHash { get; }

    /// <summary>Starts the server. Skips the test if Node or the packages of the server are missing.</summary>
    public static async Task<EchoServer> StartAsync(string[] protocols, CancellationToken ct)
    {
        var folder = Path.Combine(Root(), "test", "quic-server");
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            Assert.Ignore(
                "The packages of the echo server are not installed: run ./test.sh, or 'npm install --no-save' in test/quic-server.");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=echo", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var process = Process.Start(new ProcessStartInfo("node", ["server.mjs"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var start = new { certificate = certificate.ExportCertificatePem(), key = key.ExportPkcs8PrivateKeyPem(), protocols };
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(start).AsMemory(), ct);
        await process.StandardInput.FlushAsync(ct);
        var line = await process.StandardOutput.ReadLineAsync(ct) ?? throw new AssertionException("The echo server did not start.");
        var port = JsonDocument.Parse(line).RootElement.GetProperty("port").GetInt32();
        return new EchoServer(process, port, SHA256.HashData(certificate.RawData));
    }

    /// <summary>Returns the next event of a name; others are skipped.</summary>
    public async Task<JsonElement> ExpectAsync(string name, CancellationToken ct)
    {
        while (await _process.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            var e = JsonDocument.Parse(line).RootElement;
            if (e.GetProperty("event").GetString() == name)
                return e;
        }

        throw new AssertionException($"The echo server has ended without the event '{name}'.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "IrohMoq.Reactive.sln")))
                return at.FullName;
        }

        throw new AssertionException("Run the tests from a checkout.");
    }
}
