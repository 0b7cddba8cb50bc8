using System.Text.Json;
using IrohMoq.Tool.Commands.Doctor;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Tests;

/// <summary>moq doctor, on this machine as it is, and with something missing.</summary>
public class DoctorTests
{
    private static readonly string Moq = Path.Combine(AppContext.BaseDirectory, "moq.dll");

    [Test]
    [CancelAfter(60_000)]
    public async Task GoodMachine_HasNoProblem_AndASessionOverLoopback(CancellationToken token)
    {
        using var doctor = new ToolProcess("doctor");
        var (code, output, errors) = await doctor.EndAsync(token);
        Assert.That((code, errors), Is.EqualTo((0, "")), output);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.That(line, Does.Match("^(ok      |warning ) "));
        Assert.That(output, Does.Match(@"(?m)^ok +native libraries  ngtcp2 1\.\d+\.\d+ \(1\.0 or later is needed\), GnuTLS 3\."));
        Assert.That(output, Does.Match(@"(?m)^ok +session +over loopback in \d+ ms$"));
        Assert.That(output, Does.Match(@"(?m)addresses +a ticket contains "));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Json_HasAnEventForEachCheck(CancellationToken token)
    {
        using var doctor = new ToolProcess("doctor", "--json");
        var (code, output, _) = await doctor.EndAsync(token);
        Assert.That(code, Is.Zero);
        var checks = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.That(checks.Select(static check => check.GetProperty("event").GetString()), Is.All.EqualTo("check"));
        Assert.That(checks.Select(static check => check.GetProperty("check").GetString()), Is.EqualTo(new[]
        {
            "OpenSSL", "native libraries", "UDP sockets", "socket buffers", "network MTU", "open files", "clock", "System.Net.Quic",
            "addresses", "offload", "session",
        }));
        foreach (var check in checks)
        {
            Assert.That(check.GetProperty("verdict").GetString(), Is.EqualTo("ok").Or.EqualTo("warning"));
            Assert.That(check.GetProperty("message").GetString(), Is.Not.Empty);
            // A warning says what to do.
            var isOk = check.GetProperty("verdict").GetString() == "ok";
            Assert.That(check.GetProperty("advice").ValueKind, Is.EqualTo(isOk ? JsonValueKind.Null : JsonValueKind.String));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task KeyFile_IsChecked_AndNotCreated(CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("moq-doctor-").FullName;
        try
        {
            var run = await Shell.RunAsync(
                """
                dotnet "$1" doctor --secret-key "$2/missing.key" || exit 3
                [ ! -e "$2/missing.key" ] || exit 4
                dotnet "$1" id --secret-key "$2/me.key" || exit 5
                dotnet "$1" doctor --secret-key "$2/me.key" || exit 6
                chmod 644 "$2/me.key"
                dotnet "$1" doctor --secret-key "$2/me.key"
                """,
                token, Moq, folder);
            Assert.That(run.Code, Is.EqualTo(1), run.Output);
            var lines = run.Output.Split('\n').Where(static line => line.Contains(" key file ", StringComparison.Ordinal)).ToArray();
            Assert.That(lines, Has.Length.EqualTo(3));
            Assert.That(lines[0], Does.StartWith("ok ").And.Contain("is missing"));
            Assert.That(lines[1], Does.StartWith("ok ").And.Contain("has the key of "));
            Assert.That(lines[2], Does.StartWith("problem ").And.Contain("chmod 600"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("ulimit -n 200 && exec", 0, "warning  open files        at most 200; ")]
    [TestCase("unshare --net", 1, "problem  network MTU       no network interface is up; ")]
    [TestCase(Hide + "libngtcp2.so.16; exec \"$@\"' bash", 1, "problem  native libraries  libngtcp2.so.16 is not installed")]
    [TestCase(Hide + "libssl.so.3; exec \"$@\"' bash", 1, "problem  OpenSSL           libssl.so.3 is not installed")]
    [CancelAfter(60_000)]
    public async Task MissingPart_IsNamed_WithWhatToDo(string without, int code, string line, CancellationToken token)
    {
        var run = await Shell.RunAsync($"{without} dotnet \"$1\" doctor", token, Moq);
        if (run.Errors.StartsWith("unshare:", StringComparison.Ordinal))
            Assert.Ignore($"kernel namespaces are not allowed here: {run.Errors.TrimEnd()}");
        Assert.That(run.Output, Does.Contain(line), run.Errors);
        Assert.That((run.Code, run.Errors), Is.EqualTo((code, "")));
    }

    [Test]
    public void ClockInThePast_IsAWarning() =>
        Assert.That(ClockCheck.Run(DateTimeOffset.UnixEpoch).Verdict, Is.EqualTo(Verdict.Warning));

    // Covers a library, in a mount namespace of its own, by an empty file.
    private const string Hide = "unshare --mount bash -c 'mount --bind /dev/null /lib/$(uname -m)-linux-gnu/";
}
