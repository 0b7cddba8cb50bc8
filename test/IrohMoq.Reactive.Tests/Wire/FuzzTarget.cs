using System.Text.RegularExpressions;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>
/// Represents a decoder that is fed with arbitrary bytes. An input is read or refused with a <see cref="MoqProtocolException"/>; what is
/// read comes back when it is encoded and read again; and no input makes the decoder allocate out of proportion.
/// </summary>
internal sealed partial class FuzzTarget(string name, MoqVersion version, FuzzTarget.Decoder decode)
{
    // An exception with its text and stack trace, and the strings of a message, which take two bytes for each byte on the wire; a path
    // that is not normalized is built a second time.
    private const int FixedAllocation = 16 * 1024;
    private const int AllocationPerByte = 16;

    private static readonly MoqErrorCode[] Codes =
    [
        MoqErrorCode.Decode, MoqErrorCode.BoundsExceeded, MoqErrorCode.ProtocolViolation, MoqErrorCode.TooManyParameters,
        MoqErrorCode.FrameTooLarge, MoqErrorCode.MalformedTrack, MoqErrorCode.WrongSize,
    ];

    /// <summary>Reads the beginning of the input.</summary>
    /// <returns>A message and its length, or null if bytes are missing or the input is to be dropped.</returns>
    public delegate (object Message, int Consumed)? Decoder(byte[] input, MoqVersion version);

    public static IReadOnlyList<FuzzTarget> All { get; } = [.. Messages(), .. Others()];

    public string Name => $"{version}/{name}";

    public MoqVersion Version => version;

    public string Kind => name;

    /// <summary>Feeds the decoder with an input.</summary>
    /// <returns>How the input ended, without numbers. Inputs that end differently have reached different parts of the decoder.</returns>
    public string Run(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        (object Message, int Consumed)? result;
        try
        {
            result = decode(input, version);
        }
        catch (MoqProtocolException refused)
        {
            CheckAllocation(input, before);
            Assert.That(Codes, Does.Contain(refused.Code), Describe(input));
            return Digits().Replace($"{refused.ClosesSession} {refused.Message}", "");
        }
        catch (Exception fault)
        {
            throw new AssertionException($"{Describe(input)} {fault}");
        }

        CheckAllocation(input, before);
        if (result is not { } read)
            return "more";
        Assert.That(read.Consumed, Is.InRange(0, input.Length), Describe(input));
        Assert.That(Again(read.Message) ?? read.Message, Is.EqualTo(read.Message), Describe(input));
        return $"read {read.Consumed == input.Length}";
    }

    public override string ToString() => Name;

    private static IEnumerable<FuzzTarget> Messages() =>
        from kind in MessageKind.All
        from version in kind.Versions
        select new FuzzTarget(kind.Name, version, (input, v) => kind.TryRead(input, v, out var message, out var n) ? (message, n) : null);

    private static IEnumerable<FuzzTarget> Others()
    {
        foreach (var version in MoqVersions.Known)
        {
            yield return new FuzzTarget(
                "SUBSCRIBE-RESPONSE", version, (input, v) => SubscribeResponse.TryRead(input, v, out var response, out var n)
                    ? (response.Ok ?? response.Drop ?? (object?)response.End!, n) : null);
            yield return new FuzzTarget("FRAMES", version, (input, v) => (FrameVectorTests.Read(input, v).Count, input.Length));
            if (version >= MoqVersion.Lite05)
            {
                yield return new FuzzTarget(
                    "DATAGRAM", version, (input, v) => DatagramHeader.TryRead(input, v, out var header, out var n) ? (header, n) : null);
            }
        }

        yield return new FuzzTarget(
            "ANNOUNCE-RESPONSE", MoqVersion.Lite06, (input, v) => AnnounceResponse.TryRead(input, v, out var response, out var n)
                ? (response.Start ?? response.Update ?? (object?)response.End ?? "unknown", n) : null);
    }

    // Null for what is not a message, and for a message with a number that is accepted but never sent.
    private object? Again(object message)
    {
        var kind = MessageKind.All.SingleOrDefault(kind => kind.Holds(message));
        try
        {
            return kind?.ReadToEnd(kind.Encode(message, version), version)!.Value.Message;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private void CheckAllocation(byte[] input, long before)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > FixedAllocation + (AllocationPerByte * input.Length))
            throw new AssertionException($"{Describe(input)} It allocated {allocated} bytes.");
    }

    private string Describe(byte[] input) =>
        $"Add this line to fuzz-corpus.txt: {Name} {Convert.ToHexStringLower(input)}";

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
