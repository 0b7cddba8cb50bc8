using System.Text;
using CsCheck;
using IrohMoq.Tool.Files;

namespace IrohMoq.Tool.Tests;

public class ManifestTests
{
    private const string Header = """{"format":"moq-files","version":1,"entries":1}""";

    private static Gen<FileEntry> GenEntry { get; } =
        from name in Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.Const(' '), Gen.Const('ü'), Gen.Const('文')), 1, 12]
        from size in Gen.Long[0, 1L << 40]
        from time in Gen.Long[0, 4_000_000_000_000]
        from isExecutable in Gen.Bool
        from isFolder in Gen.Bool
        select new FileEntry
        {
            Path = name,
            Size = isFolder ? 0 : size,
            Modified = DateTimeOffset.FromUnixTimeMilliseconds(time),
            Executable = isExecutable && !isFolder,
            Folder = isFolder,
        };

    /// <summary>Numbered paths, so that none occurs twice.</summary>
    private static Gen<Manifest> GenManifest { get; } = GenEntry.Array[0, 20].Select(static entries =>
        new Manifest([.. entries.Select(static (entry, i) => entry with { Path = $"{i}/{entry.Path}" })]));

    [Test]
    public void Manifest_IsTheSame_AfterItWasEncodedAndDecoded() => GenManifest.Sample(manifest =>
        Manifest.Decode(manifest.Encode()).Entries.SequenceEqual(manifest.Entries));

    [Test]
    public void Manifest_ThatIsTruncated_IsRefused() =>
        Gen.Select(GenManifest, Gen.Double[0, 1]).Sample((manifest, part) =>
        {
            var bytes = manifest.Encode();
            Assert.Throws<TransferException>(() => Manifest.Decode(bytes.AsSpan(0, (int)(part * (bytes.Length - 1)))));
        });

    [Test]
    public void Manifest_ThatIsChanged_IsDecodedOrRefused_AndNothingElseHappens() =>
        Gen.Select(GenManifest, Gen.Int[0, int.MaxValue], Gen.Byte).Sample((manifest, position, value) =>
        {
            var bytes = manifest.Encode();
            bytes[position % bytes.Length] = value;
            try
            {
                Assert.That(Manifest.FindProblem(Manifest.Decode(bytes).Entries), Is.Null);
            }
            catch (TransferException)
            {
                // The change was noticed.
            }
        });

    [TestCase("""{"path":"/etc/passwd"}""", "absolute")]
    [TestCase("""{"path":"../x"}""", "'..'")]
    [TestCase("""{"path":"a/../../x"}""", "'..'")]
    [TestCase("""{"path":"a/./x"}""", "'.'")]
    [TestCase("""{"path":"a//x"}""", "empty name")]
    [TestCase("""{"path":"a/"}""", "empty name")]
    [TestCase("""{"path":""}""", "empty")]
    [TestCase("""{"path":"a\\x"}""", "backslash")]
    [TestCase("""{"path":"a\u0000x"}""", "control")]
    [TestCase("""{"path":"a\u001b[2Jx"}""", "control")]
    [TestCase("""{"path":"a\u009bx"}""", "control")]
    [TestCase("""{"path":"a\nx"}""", "control")]
    [TestCase("""{"path":"a\ud800x"}""", "malformed")]
    [TestCase("""{"path":"a.moq-part"}""", "moq-part")]
    [TestCase("""{"path":null}""", "malformed")]
    [TestCase("""{"size":1}""", "malformed")]
    [TestCase("""{"path":"a","size":-1}""", "size")]
    [TestCase("""{"path":"a","size":1e3}""", "malformed")]
    [TestCase("""{"path":"a","size":9223372036854775808}""", "malformed")]
    [TestCase("""{"path":"a","size":1,"folder":true}""", "size")]
    [TestCase("""["a"]""", "malformed")]
    [TestCase("null", "null")]
    [TestCase("", "malformed")]
    public void Entry_ThatIsNotAllowed_IsRefused(string entry, string reason) => AssertRefused($"{Header}\n{entry}\n", reason);

    [TestCase("""{"format":"other","version":1,"entries":0}""", "format 'other'")]
    [TestCase("""{"format":"moq-files","version":2,"entries":0}""", "version 2")]
    [TestCase("""{"format":"moq-files","version":1,"entries":-1}""", "-1 files")]
    [TestCase("""{"format":"moq-files","version":1,"entries":200001}""", "200001 files")]
    [TestCase("""{"format":"moq-files","version":1}""", "malformed")]
    public void Header_ThatIsNotAllowed_IsRefused(string header, string reason) => AssertRefused($"{header}\n", reason);

    [TestCase("a", "a", "twice")]
    [TestCase("a", "a/b", "folder of another")]
    [TestCase("x/y/z/w", "x/y", "folder of another")]
    public void Paths_ThatContradictEachOther_AreRefused(string first, string second, string reason) => AssertRefused(
        $$"""{"format":"moq-files","version":1,"entries":2}""" + $"\n{{\"path\":\"{first}\"}}\n{{\"path\":\"{second}\"}}\n", reason);

    [Test]
    public void Sizes_WhoseSumIsTooLarge_AreRefused() => AssertRefused(
        """{"format":"moq-files","version":1,"entries":2}""" + "\n"
        + $$"""{"path":"a","size":{{long.MaxValue}}}""" + "\n" + """{"path":"b","size":1}""" + "\n",
        "size");

    [Test]
    public void MoreLinesThanTheHeaderSays_AreRefused() =>
        AssertRefused($"{Header}\n" + """{"path":"a"}""" + "\n" + """{"path":"b"}""" + "\n", "longer");

    [Test]
    public void Path_IsBounded()
    {
        Assert.That(TransferPath.FindProblem(new string('n', 255)), Is.Null);
        Assert.That(TransferPath.FindProblem(new string('n', 256)), Does.Contain("255 bytes"));
        Assert.That(TransferPath.FindProblem(new string('ü', 128)), Does.Contain("255 bytes"));
        Assert.That(TransferPath.FindProblem(string.Join('/', Enumerable.Repeat("a", 128))), Is.Null);
        Assert.That(TransferPath.FindProblem(string.Join('/', Enumerable.Repeat("a", 129))), Does.Contain("128"));
        Assert.That(TransferPath.FindProblem(string.Join('/', Enumerable.Repeat(new string('n', 200), 20))), Does.Contain("3072"));
    }

    [TestCase("a b/ü 文.txt")]
    [TestCase("...")]
    [TestCase("-rf")]
    [TestCase("A/a")]
    public void Path_ThatIsUnusualButSafe_IsAllowed(string path) => Assert.That(TransferPath.FindProblem(path), Is.Null);

    [TestCase("""{"file":2}""", "not offered")]
    [TestCase("""{"file":-1}""", "not offered")]
    [TestCase("""{"file":1}""", "not offered")]
    [TestCase("""{"file":0,"offset":11}""", "beyond")]
    [TestCase("""{"file":0,"offset":-1}""", "beyond")]
    [TestCase("""{"file":0,"sha256":"abc"}""", "SHA-256")]
    [TestCase("""{"offset":0}""", "malformed")]
    public void Request_ThatDoesNotFitTheManifest_IsRefused(string line, string reason)
    {
        var manifest = new Manifest([new FileEntry { Path = "a", Size = 10 }, new FileEntry { Path = "b", Folder = true }]);
        var refused = Assert.Throws<TransferException>(() => TransferRequest.Decode(Encoding.UTF8.GetBytes($"{line}\n"), manifest));
        Assert.That(refused!.Message, Does.Contain(reason));
    }

    [Test]
    public void Request_ForOneFileTwice_IsRefused()
    {
        var manifest = new Manifest([new FileEntry { Path = "a", Size = 10 }]);
        var lines = TransferRequest.Encode([new FileRequest { File = 0 }, new FileRequest { File = 0 }]);
        Assert.Throws<TransferException>(() => TransferRequest.Decode(lines, manifest));
    }

    private static void AssertRefused(string text, string reason)
    {
        var refused = Assert.Throws<TransferException>(() => Manifest.Decode(Encoding.UTF8.GetBytes(text)));
        Assert.That(refused!.Message, Does.Contain(reason));
        Assert.That(refused.Message.Any(char.IsControl), Is.False);
    }
}
