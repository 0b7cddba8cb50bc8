using CsCheck;

namespace IrohMoq.Reactive.Tests.Paths;

public sealed class BroadcastPathTests
{
    [Test]
    public void Default_IsTheEmptyPath()
    {
        BroadcastPath empty = default;

        Assert.That(empty.IsEmpty, Is.True);
        Assert.That(empty, Is.EqualTo(new BroadcastPath("")).And.EqualTo(new BroadcastPath("//")));
        Assert.That(empty.GetHashCode(), Is.EqualTo(new BroadcastPath("/").GetHashCode()));
        Assert.That(empty.ToString(), Is.Empty);
        Assert.That(empty.CompareTo("a"), Is.Negative);
        Assert.That(empty.IsPrefixOf("a/b"), Is.True);
        Assert.That(new BroadcastPath("a").IsPrefixOf(empty), Is.False);
    }

    [Test]
    public void Normal_KeepsTheStringItWasGiven()
    {
        var given = new string("room/alice");

        Assert.That(new BroadcastPath(given).ToString(), Is.SameAs(given));
    }

    [Test]
    public void Comparison_IsOrdinal()
    {
        BroadcastPath upper = "Z", lower = "a";

        Assert.That(upper < lower && upper <= lower && lower > upper && lower >= upper && upper != lower, Is.True);
        Assert.That(new BroadcastPath("\u00e9") == new BroadcastPath("e\u0301"), Is.False, "no Unicode normalization");
        Assert.That(upper.Equals((object)new BroadcastPath("/Z/")), Is.True);
        Assert.That(upper.Equals("Z" as object), Is.False);
    }

    [Test]
    public void Segments_MayBeThirtyTwoAndNotMore()
    {
        var most = string.Join('/', Enumerable.Repeat("s", 32));

        Assert.That(new BroadcastPath($"//{most}//").ToString(), Is.EqualTo(most));
        Assert.That(() => new BroadcastPath($"{most}/s"), Throws.ArgumentException.With.Message.Contains("32 segments; this one has 33"));
        Assert.That(() => new BroadcastPath(most).Join("s"), Throws.ArgumentException.With.Message.Contains("33"));
    }

    [Test]
    public void Bytes_MayBeFourThousandAndNinetySixAndNotMore()
    {
        Assert.That(new BroadcastPath(new string('x', 4096)).ToString(), Has.Length.EqualTo(4096));
        Assert.That(() => new BroadcastPath(new string('x', 4097)), Throws.ArgumentException.With.Message.Contains("4097"));
        Assert.That(() => new BroadcastPath(new string('\u3042', 1366)), Throws.ArgumentException.With.Message.Contains("4098"));
        Assert.That(() => new BroadcastPath(new string('x', 2048)).Join(new string('y', 2048)), Throws.ArgumentException);
    }

    [Test]
    public void WhatIsNoText_IsRefused()
    {
        Assert.That(() => new BroadcastPath("a/\ud800/b"), Throws.ArgumentException.With.Message.Contains("index 2"));
        Assert.That(() => new BroadcastPath(null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Text_IsParsedAsTheConstructorTakesIt()
    {
        Assert.That(BroadcastPath.Parse("/room//alice/"), Is.EqualTo(new BroadcastPath("room/alice")));
        Assert.That((BroadcastPath.TryParse("/a/", out var path), path), Is.EqualTo((true, new BroadcastPath("a"))));
        Assert.That((BroadcastPath.TryParse("a/\ud800", out path), path), Is.EqualTo((false, default(BroadcastPath))));
        Assert.That((BroadcastPath.TryParse(null, out path), path), Is.EqualTo((false, default(BroadcastPath))));
        Assert.That(() => BroadcastPath.Parse("a/\ud800"), Throws.InstanceOf<FormatException>().With.Message.Contains("index 2"));
        Assert.That(() => BroadcastPath.Parse(null!), Throws.ArgumentNullException);
        Assert.That(() => { BroadcastPath converted = new string('x', 4097); }, Throws.ArgumentException);
    }

    [Test]
    public void StripAfterJoin_GivesTheSuffixBack() =>
        Gen.Select(SomePath, SomePath).Sample((prefix, suffix) =>
        {
            var joined = prefix.Join(suffix);
            return prefix.IsPrefixOf(joined) && joined.TryStripPrefix(prefix, out var rest) && rest == suffix;
        });

    [Test]
    public void Normalising_IsIdempotentAndLeavesNoEmptySegment() =>
        Gen.String[Gen.OneOf('/', '/', 'a', '.', ' '), 0, 20].Sample(text =>
        {
            var path = new BroadcastPath(text);
            var expected = string.Join('/', text.Split('/', StringSplitOptions.RemoveEmptyEntries));
            return path.ToString() == expected && new BroadcastPath(path.ToString()) == path;
        });

    private static Gen<BroadcastPath> SomePath =>
        Gen.OneOf("a", "b", "room", ".", "\u65e5\u672c").Array[0, 5].Select(segments => new BroadcastPath(string.Join('/', segments)));
}
