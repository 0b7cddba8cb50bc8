using System.Buffers.Binary;
using IrohMoq.Reactive;

namespace IrohMoq.Examples.Recipes;

/// <summary>Positions of a pointer, each of which is worthless when the next one is there.</summary>
public static class Datagrams
{
    public static void Send(TrackProducer positions, short x, short y)
    {
        Span<byte> position = stackalloc byte[4];
        BinaryPrimitives.WriteInt16LittleEndian(position, x);
        BinaryPrimitives.WriteInt16LittleEndian(position[2..], y);
        positions.WriteDatagram(position);
    }
}
