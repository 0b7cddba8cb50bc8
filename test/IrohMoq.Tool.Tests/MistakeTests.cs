using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Tests;

/// <summary>Every expected mistake: its exit code, one line that says what to do, and its event.</summary>
[CancelAfter(60_000)]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class MistakeTests : ToolTestBase
{
    private const string Any = "--name n --track t";

    private static readonly (string Command, int Code, string Words)[] Mistakes =
    [
        ("id --secret-key $empty", 2, "--secret-key takes the path of a file"),
        ("id --secret-key $folder/garbage", 1, "contains no key"),
        ("id --secret-key $folder/missing/key", 1, "Could not find a part of the path"),
        ("id --secret-key $folder/open", 1, "chmod 600"),
        ("publish --clock " + Any + " --secret-key $empty", 2, "--secret-key takes the path of a file"),
        ("publish --clock " + Any + " --secret-key-env NO_SUCH_NAME", 2, "no environment variable 'NO_SUCH_NAME'"),
        ("publish --clock " + Any + " --secret-key-env PATH", 1, "'PATH' contains no key"),
        ("publish --clock " + Any + " --bind 127.0.0.1:$port", 1, "the port is in use by another program"),
        ("publish --clock " + Any + " --bind 203.0.113.1:0", 1, "the machine has no such address"),
        ("publish --clock " + Any + " --bind ::1:0", 2, "--bind takes IP:PORT"),
        ("publish --clock " + Any + " --bind localhost:0", 2, "--bind takes IP:PORT"),
        ("publish --clock " + Any + " --advertise example.org:1", 2, "--advertise takes IP:PORT"),
        ("publish --clock " + Any + " --advertise 192.0.2.1:0", 2, "a port from 1 to 65535"),
        ("publish --clock " + Any + " --id $id --addr 127.0.0.1:9 --advertise 192.0.2.1:1", 2, "no ticket is printed when this side dials"),
        ("publish --clock " + Any + " --lossless --live", 2, "--lossless and --live exclude each other"),
        ("send $folder --bind localhost:0", 2, "--bind takes IP:PORT"),
        ("send $folder --advertise 192.0.2.1:0", 2, "a port from 1 to 65535"),
        ("send $folder --transport quic --congestion bbr", 2, "--congestion is an option of --transport iroh only"),
        ("ls --id $id --addr 127.0.0.1:9 --bind [fe80::1%nosuch0]:0", 2, "--bind: this machine has no interface 'nosuch0'"),
        ("receive --id $id --addr [fe80::1%nosuch0]:9", 2, "--addr: this machine has no interface 'nosuch0'"),
        ("id --secret-key-env NO_SUCH_NAME", 2, "no environment variable 'NO_SUCH_NAME'"),
        ("doctor --secret-key $empty", 2, "--secret-key takes the path of a file"),
        ("publish --clock --track t --name $deep", 2, "--name takes at most 32 segments and 4096 bytes of UTF-8, not 'a/a/a/"),
        ("publish --clock --track t --name $long", 2, "--name takes at most 32 segments and 4096 bytes"),
        ("publish --clock --name n --track $long", 2, "--track takes at most 4096 bytes of UTF-8, not 'aaaaaaa"),
        ("ls --id $id --addr 127.0.0.1:9 --prefix $deep", 2, "--prefix takes at most 32 segments and 4096 bytes of UTF-8, not 'a/a/a/"),
        ("publish " + Any + " --input $empty", 2, "--input takes the path of a file"),
        ("publish " + Any + " --input $folder/missing/x", 1, "--input: Could not find"),
        ("publish " + Any + " --input $folder", 1, "is a folder"),
        ("publish " + Any + " --frame-size abc", 2, "--frame-size takes a number from 1 to 33554432, not 'abc'"),
        ("publish " + Any + " --frame-size 33554433", 2, "--frame-size takes a number from 1 to 33554432"),
        ("publish " + Any + " --group-frames 2000000", 2, "--group-frames takes a number from 1 to 1048576"),
        ("publish " + Any + " --wait-readers 0", 2, "--wait-readers takes a number from 1"),
        ("publish " + Any + " --retry", 2, "--retry needs a peer to dial"),
        ("subscribe " + Any, 2, "name the peer by its ticket"),
        ("subscribe " + Any + " --listen --id $id --addr 127.0.0.1:9", 2, "cannot be combined"),
        ("subscribe " + Any + " --id $id --addr 127.0.0.1:9 --advertise 192.0.2.1:1", 2, "no ticket is printed without --listen"),
        ("subscribe " + Any + " --id $id", 2, "name the peer by its ticket"),
        ("subscribe " + Any + " --id $id --addr 127.0.0.1:0", 2, "a port from 1 to 65535"),
        ("subscribe " + Any + " --id $id --addr no-such-name.invalid:1", 1, "has no address"),
        ("subscribe " + Any + " --id $id --addr 127.0.0.1", 2, "--addr takes HOST:PORT"),
        ("subscribe " + Any + " --id abc --addr 127.0.0.1:9", 2, "--id 'abc': Not an endpoint id: the length is 3; 64 lower-case hex"),
        ("subscribe endpointaaaa " + Any, 2, "the ticket 'endpointaaaa': Not an endpoint ticket"),
        ("subscribe " + Any + " --listen --timeout 1e300", 2, "--timeout takes seconds from 0.001 to 4233600 (49 days), not '1e300'"),
        ("subscribe " + Any + " --listen --timeout NaN", 2, "--timeout takes seconds"),
        ("subscribe " + Any + " --listen --timeout x", 2, "--timeout takes seconds"),
        ("subscribe " + Any + " --listen --idle-timeout 0", 2, "--idle-timeout takes seconds"),
        ("subscribe " + Any + " --listen --timeout 0.2", 1, "timed out after 0.2 s while waiting for a peer that dials"),
        ("subscribe " + Any + " --listen --idle-timeout 0.2", 1, "nothing has arrived for 0.2 s"),
        ("subscribe " + Any + " --id $id --addr 127.0.0.1:9 --timeout 0.5", 1, "timed out after 0.5 s while dialing"),
        ("subscribe " + Any + " --listen --start -1", 2, "--start takes a group number from 0 to 9007199254740990, latest or oldest, not"),
        ("subscribe " + Any + " --listen --start 9007199254740991", 2, "--start takes a group number"),
        ("subscribe " + Any + " --listen --order 2", 2, "--order takes sequence, arrival or newest, not '2'"),
        ("subscribe " + Any + " --listen --priority 256", 2, "--priority takes a number from 0 to 255, not '256'"),
        ("subscribe " + Any + " --listen --max-latency -5", 2, "--max-latency takes a number from 0"),
        ("subscribe " + Any + " --listen --order newest --max-latency 5", 2, "--max-latency has no meaning with --order newest"),
        ("subscribe " + Any + " --listen --order newest --output $folder/x", 2, "--order newest leaves groups out"),
        ("subscribe " + Any + " --listen --alpn moq-lite-07", 2, "--alpn takes no protocol 'moq-lite-07'; the versions are moq-lite-06,"),
        ("publish --clock " + Any + " --alpn moq-lite-06,moq-lite-06", 2, "--alpn names 'moq-lite-06' twice"),
        ("publish --clock " + Any + " --priority x", 2, "--priority takes a number from 0 to 255, not 'x'"),
        ("send $folder --alpn moq-lite-06,", 2, "--alpn has an empty name in 'moq-lite-06,'"),
        ("ls --id $id --addr 127.0.0.1:9 --path room", 2, "that begin with a slash or a question mark, not 'room'"),
        ("ls --id $id --addr 127.0.0.1:9 --path /a --alpn moq-lite-04", 1, "A path can be stated from moq-lite-05 on"),
        ("publish --clock " + Any + " --path /a", 2, "--path needs a peer to dial"),
        ("ls --id $id --addr 127.0.0.1:9 --alpn x", 2, "--alpn takes no protocol 'x'"),
        ("receive --id $id --addr 127.0.0.1:9 --alpn x", 2, "--alpn takes no protocol 'x'"),
        ("fetch " + Any + " --id $id --addr 127.0.0.1:9", 2, "Option '--group' is required"),
        ("fetch " + Any + " --id $id --addr 127.0.0.1:9 --group x", 2, "--group takes a number from 0 to 9007199254740990, or latest"),
        ("fetch " + Any + " --group 1", 2, "name the peer by its ticket"),
        ("fetch " + Any + " --id $id --addr 127.0.0.1:9 --group 1 --output $folder", 1, "is a folder"),
        ("fetch " + Any + " --id $id --addr 127.0.0.1:9 --group 1 --timeout 0.5", 1, "was not reached within 0.5 s"),
        ("publish --clock " + Any + " --congestion Cubic", 2, "--congestion takes cubic, reno or bbr, not 'Cubic'"),
        ("ls --id $id --addr 127.0.0.1:9 --transport 1", 2, "--transport takes iroh or quic, not '1'"),
        ("publish --clock " + Any + " --dial abc", 2, "--dial 'abc': Not an endpoint ticket: wrong prefix, expected"),
        ("publish --clock " + Any + " --dial $empty", 2, "--dial: the ticket is empty"),
        ("publish --clock " + Any + " --dial $id", 2, "--dial: this is an endpoint id and no ticket"),
        ("ls --json=maybe --id $id --addr 127.0.0.1:9", 2, "--json takes no value, or true or false, not 'maybe'"),
        ("simulate --harsh:1", 2, "--harsh takes no value, or true or false, not '1'"),
        ("simulate --peers 1", 2, "--peers takes a number from 2 to 50, not '1'"),
        ("simulate --seed x", 2, "--seed takes a number from -2147483648 to 2147483647, not 'x'"),
        ("simulate --steps 0", 2, "--steps takes a number from 1 to 2147483647, not '0'"),
        ("simulate --runs 0", 2, "--runs takes a number from 1 to 2147483647, not '0'"),
        ("simulate --seed 2147483647 --runs 2", 2, "--runs 2 with --seed 2147483647"),
        ("nothing", 2, "Unrecognized command or argument 'nothing'"),
        ("publish --name n", 2, "Option '--track' is required"),
    ];

    [TestCaseSource(nameof(Mistakes))]
    public async Task Mistake_IsOneLine_AndOneEvent((string Command, int Code, string Words) mistake)
    {
        var token = TestContext.CurrentContext.CancellationToken;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await WriteKeyAsync("garbage", "garbage\n");
        await WriteKeyAsync("open", $"{new string('a', 64)}\n");
        File.SetUnixFileMode(PathOf("open"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        string[] words =
        [
            .. mistake.Command.Split(' ').Select(word => word
                .Replace("$empty", "", StringComparison.Ordinal)
                .Replace("$folder", Folder, StringComparison.Ordinal)
                .Replace("$port", $"{((IPEndPoint)socket.LocalEndPoint!).Port}", StringComparison.Ordinal)
                .Replace("$deep", string.Concat(Enumerable.Repeat("a/", 40)) + "x", StringComparison.Ordinal)
                .Replace("$long", new string('a', 70_000), StringComparison.Ordinal)
                .Replace("$id", $"{SecretKey.Generate().Id}", StringComparison.Ordinal)),
        ];
        AssertOneLine(await RunAsync(token, words), mistake.Code, mistake.Words);

        var json = await RunAsync(token, [.. words, "--json=true"]);
        Assert.That(json.Code, Is.EqualTo(mistake.Code), json.Errors);
        var errors = json.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(static line => line.GetProperty("event").GetString() == "error")
            .ToArray();
        Assert.That(errors, Has.Length.EqualTo(1), json.Output);
        Assert.That(errors[0].GetProperty("message").GetString(), Does.Contain(mistake.Words));
    }

    [Test]
    public async Task LineThatIsTooLong_IsOneLine_AndLongFramesBeginGroupsBySize(CancellationToken token)
    {
        await File.WriteAllBytesAsync(PathOf("in"), new byte[40 << 20], token);
        using (var publisher = Publish("--lines", "--input", PathOf("in")))
        {
            using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)));
            await publisher.ExpectAsync("error", token);
            AssertOneLine(await publisher.EndAsync(token), 1, "use --frame-size instead of --lines");
        }

        using (var publisher = Publish("--lossless", "--frame-size", "700001", "--input", PathOf("in")))
        {
            using var reader = Subscribe(TicketOf(await publisher.ExpectAsync("listening", token)), "--json");
            Assert.That(Number(await reader.ExpectAsync("ended", token), "bytes"), Is.EqualTo(40 << 20));
            Assert.That((await reader.EndAsync(token)).Code, Is.Zero);
            Assert.That(Number(await publisher.ExpectAsync("ended", token), "groups"), Is.EqualTo(2));
        }
    }

    private async Task WriteKeyAsync(string name, string text)
    {
        await File.WriteAllTextAsync(PathOf(name), text);
        File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
