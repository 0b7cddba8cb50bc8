using System.Text;
using CsCheck;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The reason text of a close.</summary>
[Parallelizable(ParallelScope.All)]
public class CloseReasonTests
{
    private const int MaxLength = 1_024;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    [TestCase("")]
    [TestCase("over")]
    [TestCase("größer, €, 😀")]
    public void ShortText_IsEncodedWhole(string text) => Assert.That(Strict.GetString(CloseReason.Encode(text)), Is.EqualTo(text));

    [Test]
    public void LongText_IsCutBetweenCharacters(
        [Values("a", "é", "€", "😀")] string character, [Values(0, 1, 2, 3)] int offset,
        [Values(255, 256, 511, 512, 1_024, 5_000)] int count)
    {
        var text = new string('x', offset) + string.Concat(Enumerable.Repeat(character, count));
        var encoded = CloseReason.Encode(text);
        Assert.That(text, Does.StartWith(Strict.GetString(encoded)));
        var whole = Encoding.UTF8.GetByteCount(text);
        Assert.That(encoded.Length, whole <= MaxLength ? Is.EqualTo(whole) : Is.InRange(MaxLength - 3, MaxLength));
    }

    [Test]
    public void AnyText_BecomesValidUtf8() => Gen.Char.Array[0, 2_000].Sample(static characters =>
    {
        var encoded = CloseReason.Encode(new string(characters));
        return encoded.Length <= MaxLength && Encoding.UTF8.GetString([.. Encoding.UTF8.GetBytes(characters)]).StartsWith(
            Strict.GetString(encoded), StringComparison.Ordinal);
    });
}
