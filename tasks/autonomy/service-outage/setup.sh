#!/bin/sh
exec enrol alder birch cedar
