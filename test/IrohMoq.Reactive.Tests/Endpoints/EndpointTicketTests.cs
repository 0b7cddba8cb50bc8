using System.Globalization;
using System.Net;
using System.Text;
using CsCheck;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive.Tests.Endpoints;

internal sealed class EndpointTicketTests
{
    private const string Key = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
    private static readonly EndpointId Id = EndpointId.Parse(Key);

    private static IEnumerable<TestCaseData<IrohVector, TicketVector>> Vectors() =>
        from vector in IrohVector.All
        from ticket in vector.Tickets
        select new TestCaseData<IrohVector, TicketVector>(vector, ticket).SetArgDisplayNames(vector.Name, ticket.Name);

    [TestCaseSource(nameof(Vectors))]
    public void VectorTicket_IsWrittenAndReadAsIrohDoes(IrohVector vector, TicketVector vectorTicket)
    {
        var ticket = new EndpointTicket(vectorTicket.AddressOf(EndpointId.Parse(vector.Id)));
        Assert.That(ticket.ToString(), Is.EqualTo(vectorTicket.Text));
        Assert.That(TextOf(vectorTicket.Bytes), Is.EqualTo(vectorTicket.Text));

        var read = EndpointTicket.Parse(vectorTicket.Text);
        Assert.That(read, Is.EqualTo(ticket));
        Assert.That(read.Address, Is.EqualTo(ticket.Address));
        Assert.That(read.ToString(), Is.EqualTo(vectorTicket.Text));
    }

    [TestCaseSource(nameof(Vectors))]
    public void TruncatedAnywhere_IsAnError(IrohVector vector, TicketVector vectorTicket)
    {
        for (var length = 0; length < vectorTicket.Text.Length; length++)
            Assert.That(
                () => EndpointTicket.Parse(vectorTicket.Text[..length]),
                Throws.TypeOf<FormatException>(),
                $"{length} characters of {vector.Name}");
        for (var length = 0; length < vectorTicket.Bytes.Length; length += 2)
        {
            Assert.That(
                () => EndpointTicket.Parse(TextOf(vectorTicket.Bytes[..length])),
                Throws.TypeOf<FormatException>().With.Message.Contains("hit the end of the buffer"),
                $"{length / 2} bytes of {vector.Name}");
        }
    }

    [Test]
    public void Body_IsReadInEitherCase()
    {
        var text = IrohVector.All[0].Tickets[2].Text;
        Assert.That(
            EndpointTicket.Parse("endpoint" + text["endpoint".Length..].ToUpperInvariant()), Is.EqualTo(EndpointTicket.Parse(text)));
    }

    [TestCase("ENDPOINTAA5WUJ54Z23KILLCUOUNAKTPBVZWKMQVO4O6EQ5GHLAERIMLLHNCSAA")]
    [TestCase("Endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa")]
    [TestCase("nodeaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa")]
    [TestCase(" endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa")]
    [TestCase(Key)]
    [TestCase("endpoin")]
    [TestCase("")]
    public void WrongPrefix_IsNamed(string text) => AssertRefused(text, "wrong prefix, expected \"endpoint\"");

    [TestCase("endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa ", "character 56 is not a base32 digit")]
    [TestCase("endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsa\n", "not a base32 digit")]
    [TestCase("endpoint aa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa", "character 1 is not a base32 digit")]
    [TestCase("endpointaa5wuj54 23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa", "character 9 is not a base32 digit")]
    [TestCase("endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsab", "bits")]
    [TestCase("endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa=", "not a base32 digit")]
    [TestCase(
        "endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaaa\n",
        "57 characters after \"endpoint\" are no whole number of bytes")]
    public void TextThatIsNotBase32_IsRefused(string text, string says) => AssertRefused(text, says);

    [TestCase("01" + Key + "00", "unknown variant 1")]
    [TestCase("8001" + Key + "00", "unknown variant 128")]
    [TestCase("ffffffff1f" + Key + "00", "the variant is larger than 4294967295")]
    [TestCase("000200000000000000000000000000000000000000000000000000000000000000" + "00", "endpoint id is not an Ed25519 public key")]
    [TestCase("00" + Key + "01" + "03", "unknown kind of address 3")]
    [TestCase("00" + Key + "01" + "ffffffff0f", "unknown kind of address 4294967295")]
    [TestCase("00" + Key + "01" + "01027f00000101", "unknown kind of IP address 2")]
    [TestCase("00" + Key + "01" + "01007f000001ffff04", "the port is larger than 65535")]
    [TestCase("00" + Key + "01" + "01007f00000180808000", "the port is larger than 65535")]
    [TestCase("00" + Key + "01" + "0000", "a relay URL is not a URL")]
    [TestCase("00" + Key + "01" + "000568656c6c6f", "a relay URL is not a URL")]
    [TestCase("00" + Key + "01" + "00042f657463", "a relay URL is not a URL")]
    [TestCase("00" + Key + "01" + "0002c328", "a relay URL is not UTF-8")]
    [TestCase("00" + Key + "01" + "00ffffffffffffffffff01" + "68", "hit the end of the buffer")]
    [TestCase("00" + Key + "01" + "00ffffffffffffffffff02" + "68", "length of a relay URL is larger than")]
    [TestCase("00" + Key + "01" + "00ffffffff07" + "68", "hit the end of the buffer")]
    [TestCase("00" + Key + "ffffffffffffffffff01", "hit the end of the buffer")]
    [TestCase("00" + Key + "ffffffffffffffffff01" + "01007f00000101", "hit the end of the buffer")]
    [TestCase("00" + Key + "ffffffffffffffffffff01", "number of addresses is larger than")]
    [TestCase(
        "00" + Key + "01" + "020100" + "1f" + "000000000000000000000000000000000000000000000000000000000000",
        "a custom address of 31 bytes")]
    [TestCase("00" + Key + "01" + "020102", "unknown form of a custom address 2")]
    [TestCase("00" + Key + "01" + "020101ffffffff0f00", "hit the end of the buffer")]
    public void MalformedBytes_AreNamed(string hex, string says) => AssertRefused(TextOf(hex), says);

    [TestCase("00" + Key + "00" + "ff")]
    [TestCase("00" + Key + "00" + "0123456789abcdef")]
    [TestCase("8000" + Key + "8000", Description = "numbers with needless zeros")]
    [TestCase(
        "00" + Key + "01" + "022a00" + "02" + "abcd00000000000000000000000000000000000000000000000000000000",
        Description = "a custom address in place")]
    [TestCase("00" + Key + "01" + "02ffffffffffffffffff0101" + "02abcd", Description = "a custom address apart")]
    public void TicketWithMoreThanThisLibraryKnows_IsRead(string hex) =>
        Assert.That(EndpointTicket.Parse(TextOf(hex)).Address, Is.EqualTo(new EndpointAddr(Id)));

    [Test]
    public void AddressesAfterACustomOne_AreRead() =>
        Assert.That(
            EndpointTicket.Parse(TextOf("00" + Key + "02" + "022a01" + "02abcd" + "01007f000001d122")).Address,
            Is.EqualTo(new EndpointAddr(Id, IPEndPoint.Parse("127.0.0.1:4433"))));

    [Test]
    public void UnsortedAndDuplicateAddresses_AreNormalized()
    {
        var loopback = "01007f000001d122";
        var url = "68747470733a2f2f41"; // https://A
        var read = EndpointTicket.Parse(
            TextOf($"00{Key}05{loopback}0101{"20010db8000000000000000000000001"}bb03{loopback}0009{url}01000a00000101"));
        var expected = new EndpointAddr(
            Id,
            [IPEndPoint.Parse("10.0.0.1:1"), IPEndPoint.Parse("127.0.0.1:4433"), IPEndPoint.Parse("[2001:db8::1]:443")],
            [new Uri("https://a/")]);
        Assert.That(read.Address, Is.EqualTo(expected));
        Assert.That(read.ToString(), Is.EqualTo(new EndpointTicket(expected).ToString()));
    }

    [Test]
    public void AnyAddress_ComesBack()
    {
        var ip = Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]).Select(
            Gen.UShort, (bytes, port) => new IPEndPoint(new IPAddress(bytes), port));
        var host = Gen.String[Gen.Char["abcxyzABC019"], 1, 20];
        var url = Gen.Select(
            Gen.OneOf(new[] { "https", "HTTP", "wss", "x-relay" }.Select(Gen.Const).ToArray()),
            host,
            Gen.UShort[1, 65_535],
            Gen.String[Gen.Char["ab/%20é ?#"], 0, 8])
            .Select(parts => string.Create(CultureInfo.InvariantCulture, $"{parts.Item1}://h{parts.Item2}h:{parts.Item3}/{parts.Item4}"));
        Gen.Select(Gen.Byte.Array[32], ip.Array[0, 8], url.Array[0, 4]).Sample((seed, addresses, urls) =>
        {
            var address = new EndpointAddr(SecretKey.FromBytes(seed).Id, addresses, urls.Select(static url => new Uri(url)));
            return EndpointTicket.Parse(new EndpointTicket(address).ToString()).Address == address;
        });
    }

    [Test]
    public void RandomBytes_GiveATicketOrAFormatError()
    {
        // Half of the samples get past the id, so that the addresses see random bytes as well.
        var body = Gen.Byte.Array[0, 80];
        var addresses = Gen.OneOf(Gen.Byte, Gen.Byte[0, 3]).Array[0, 80];
        Gen.OneOf(body.Select(bytes => bytes), addresses.Select(bytes => (byte[])[0, .. Id.ToArray(), .. bytes])).Sample(
            bytes => IsTicketOrFormatError("endpoint" + Base32.Encode(bytes)), iter: 20_000);
    }

    [Test]
    public void RandomRelayUrls_GiveATicketOrAFormatError()
    {
        var url = Gen.OneOf(Gen.String, Gen.String[Gen.Char["htps:/.[]@#?%\\ \taA0é漢\u0130\u00df\ud800"], 0, 24]).Select(
            text => Encoding.UTF8.GetBytes("http://" + text)[^Math.Min(60, text.Length)..]);
        url.Sample(
            bytes =>
            {
                var text = "endpoint" + Base32.Encode([0, .. Id.ToArray(), 1, 0, (byte)bytes.Length, .. bytes]);
                // A ticket that was read is in normal form: written and read again, it stays the same.
                return IsTicketOrFormatError(text)
                    && (!EndpointTicket.TryParse(text, out var ticket) || EndpointTicket.Parse(ticket.ToString()) == ticket);
            },
            iter: 20_000);
    }

    [Test]
    public void RandomText_GivesATicketOrAFormatError() => Gen.String.Select(text => "endpoint" + text).Sample(IsTicketOrFormatError);

    [Test]
    public void Ticket_IsDialedAsAnAddress()
    {
        EndpointAddr address = EndpointTicket.Parse(IrohVector.All[0].Tickets[1].Text);
        Assert.That(address, Is.EqualTo(new EndpointAddr(Id, IPEndPoint.Parse("127.0.0.1:4433"))));
    }

    [Test]
    public async Task EveryEndpoint_HasATicket()
    {
        await using var endpoint = new FakeEndpoint();
        Assert.That(((IEndpoint)endpoint).Ticket.Address, Is.SameAs(endpoint.Address));
    }

    [Test]
    public void Null_IsRefused()
    {
        Assert.That(() => EndpointTicket.Parse(null!), Throws.ArgumentNullException);
        Assert.That(() => new EndpointTicket(null!), Throws.ArgumentNullException);
        Assert.That(EndpointTicket.TryParse(null, out var ticket), Is.False);
        Assert.That(ticket, Is.Null);
    }

    private static string TextOf(string hex) => "endpoint" + Base32.Encode(Convert.FromHexString(hex));

    private static void AssertRefused(string text, string says)
    {
        Assert.That(
            () => EndpointTicket.Parse(text),
            Throws.TypeOf<FormatException>().With.Message.StartsWith("Not an endpoint ticket: ").And.Message.Contains(says));
        Assert.That(EndpointTicket.TryParse(text, out var ticket), Is.False);
        Assert.That(ticket, Is.Null);
    }

    private static bool IsTicketOrFormatError(string text)
    {
        var accepted = EndpointTicket.TryParse(text, out var ticket);
        try
        {
            return EndpointTicket.Parse(text) == ticket && accepted;
        }
        catch (FormatException)
        {
            return !accepted;
        }
    }
}
