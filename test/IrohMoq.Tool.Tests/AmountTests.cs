using IrohMoq.Tool.Files;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Tests;

/// <summary>Numbers as people read them.</summary>
public class AmountTests
{
    [TestCase(0, "0 groups")]
    [TestCase(1, "1 group")]
    [TestCase(28_016, "28,016 groups")]
    public void Number_HasItsWord(long count, string expected) => Assert.That(Amount.Of(count, "group"), Is.EqualTo(expected));

    [TestCase(1, 0, "1 group is missing")]
    [TestCase(28_016, 0, "28,016 groups are missing")]
    [TestCase(1, 1, "1 group is missing in part")]
    [TestCase(2, 1, "2 groups are missing, 1 of them in part")]
    public void MissingGroups_AreASentence(long missing, long incomplete, string expected) =>
        Assert.That(Amount.OfMissing(missing, incomplete), Is.EqualTo(expected));

    [TestCase(0, "0 bytes")]
    [TestCase(1, "1 byte")]
    [TestCase(1.4, "1 byte")]
    [TestCase(999, "999 bytes")]
    [TestCase(1234, "1.23 kB")]
    [TestCase(45_600_000, "45.6 MB")]
    public void Size_HasThreeDigits(double bytes, string expected) => Assert.That(ByteSize.Format(bytes), Is.EqualTo(expected));

    [TestCase("plain", 3, "pla")]
    [TestCase("plain", 5, "plain")]
    [TestCase("文字", 3, "文")]
    [TestCase("e\u0301x", 1, "e\u0301")]
    [TestCase("a\U0001F600b", 2, "a")]
    [TestCase("a\U0001F600b", 3, "a\U0001F600")]
    public void Text_IsCutToColumns(string text, int columns, string expected) =>
        Assert.That(TerminalWidth.Cut(text, columns), Is.EqualTo(expected));
}
