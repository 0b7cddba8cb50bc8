using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IrohMoq.Reactive.Endpoints;

/// <summary>
/// Converts an address to and from the text form of iroh's ticket: "endpoint", followed by the base32 form of a variant, the ID, and an
/// ordered list of addresses (relays, then IPv4, then IPv6).
/// </summary>
internal static class TicketText
{
    private const string Prefix = "endpoint";
    private const byte OnlyVariant = 0;
    private const byte Relay = 0;
    private const byte Ip = 1;
    private const byte Custom = 2;
    private const byte V4 = 0;
    private const byte V6 = 1;

    // The two forms of the data of a custom address: a size and 30 inline bytes, or a length and that number of bytes.
    private const byte InPlace = 0;
    private const byte Apart = 1;
    private const int InPlaceSize = 30;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Encode(EndpointAddr address)
    {
        var writer = new ArrayBufferWriter<byte>(128);
        // A ticket has no place for the scope of an address, without which no other program can dial it.
        IPEndPoint[] places = [.. address.Addresses.Where(static place => !HasScope(place))];
        writer.Write([OnlyVariant]);
        writer.Write(address.Id.ToArray());
        WriteVarint(writer, (uint)(address.RelayTexts.Length + places.Length));
        foreach (var url in address.RelayTexts)
        {
            writer.Write([Relay]);
            WriteVarint(writer, (uint)Encoding.UTF8.GetByteCount(url));
            writer.Write(Encoding.UTF8.GetBytes(url));
        }

        foreach (var place in places)
        {
            writer.Write([Ip, place.AddressFamily == AddressFamily.InterNetworkV6 ? V6 : V4]);
            writer.Write(place.Address.GetAddressBytes());
            WriteVarint(writer, (uint)place.Port);
        }

        return Prefix + Base32.Encode(writer.WrittenSpan);
    }

    private static bool HasScope(IPEndPoint place) =>
        place.AddressFamily == AddressFamily.InterNetworkV6 && place.Address.ScopeId != 0;

    public static bool TryDecode(string text, [NotNullWhen(true)] out EndpointAddr? address, out string problem)
    {
        address = null;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            problem = $"wrong prefix, expected \"{Prefix}\"";
            return false;
        }

        var body = text.AsSpan(Prefix.Length);
        if (Base32.DecodedLength(body.Length) is not (>= 0 and var length))
        {
            problem = $"the {body.Length} characters after \"{Prefix}\" are no whole number of bytes in base32: "
                + "some are missing, or there are too many";
            return false;
        }

        var bytes = new byte[length];
        if (!Base32.TryDecode(body, bytes, out problem))
        {
            problem = $"after \"{Prefix}\", {problem}";
            return false;
        }

        try
        {
            // Data after a complete ticket is not read, because later versions may contain more.
            address = Read(new TicketReader(bytes));
            return true;
        }
        catch (FormatException malformed)
        {
            problem = malformed.Message;
            return false;
        }
    }

    private static EndpointAddr Read(TicketReader reader)
    {
        var variant = reader.ReadVarint(uint.MaxValue, "variant");
        if (variant != OnlyVariant)
            throw new FormatException($"unknown variant {variant}, expected {OnlyVariant}");

        var key = reader.ReadBytes(EndpointId.Size, "endpoint id");
        if (!Ed25519Point.IsOnCurve(key))
            throw new FormatException("the endpoint id is not an Ed25519 public key (no point of the curve)");

        List<IPEndPoint> places = [];
        List<Uri> relays = [];
        // The declared number is not used to allocate memory: each address takes at least one byte, so the end of the buffer ends a
        // number that is too large.
        for (var left = reader.ReadVarint(ulong.MaxValue, "number of addresses"); left > 0; left--)
        {
            var kind = reader.ReadVarint(uint.MaxValue, "kind of address");
            switch (kind)
            {
                case Relay:
                    relays.Add(ReadRelay(ref reader));
                    break;
                case Ip:
                    places.Add(ReadIp(ref reader));
                    break;
                case Custom:
                    SkipCustom(ref reader);
                    break;
                default:
                    throw new FormatException($"unknown kind of address {kind}");
            }
        }

        return new EndpointAddr(new EndpointId(key), places, relays);
    }

    private static Uri ReadRelay(ref TicketReader reader)
    {
        var bytes = reader.ReadBytes(reader.ReadVarint(ulong.MaxValue, "length of a relay URL"), "relay URL");
        string text;
        try
        {
            text = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException notText)
        {
            throw new FormatException("a relay URL is not UTF-8", notText);
        }

        return RelayUrl.TryNormalize(text, out var url)
            ? new Uri(url)
            : throw new FormatException("a relay URL is not a URL with a scheme");
    }

    private static IPEndPoint ReadIp(ref TicketReader reader)
    {
        var family = reader.ReadVarint(uint.MaxValue, "kind of IP address");
        var size = family switch
        {
            V4 => 4,
            V6 => 16,
            _ => throw new FormatException($"unknown kind of IP address {family}"),
        };
        var address = new IPAddress(reader.ReadBytes((ulong)size, "IP address"));
        return new IPEndPoint(address, (int)reader.ReadVarint(ushort.MaxValue, "port"));
    }

    private static void SkipCustom(ref TicketReader reader)
    {
        reader.ReadVarint(ulong.MaxValue, "id of a custom address");
        var form = reader.ReadVarint(uint.MaxValue, "form of a custom address");
        switch (form)
        {
            case InPlace:
                var size = reader.ReadBytes(1, "size of a custom address")[0];
                if (size > InPlaceSize)
                    throw new FormatException($"a custom address of {size} bytes in place of at most {InPlaceSize}");
                reader.ReadBytes(InPlaceSize, "custom address");
                break;
            case Apart:
                reader.ReadBytes(reader.ReadVarint(ulong.MaxValue, "length of a custom address"), "custom address");
                break;
            default:
                throw new FormatException($"unknown form of a custom address {form}");
        }
    }

    private static void WriteVarint(ArrayBufferWriter<byte> writer, uint value)
    {
        for (; value >= 0x80; value >>= 7)
            writer.Write([(byte)(value | 0x80)]);
        writer.Write([(byte)value]);
    }
}
